import { describe } from 'vitest';
import { needs } from '../../../../tests/house/needs.ts';
import { onPostgres } from './temporary-database.ts';

// The contract of the database holds on PostgreSQL as on SQLite: the same tests, on the other database.

describe('[LD-12 postgres] [FD-12 databases] on PostgreSQL', needs('postgres'), async () => {
  onPostgres();
  await import('./units.test.ts');
  await import('./units-model.test.ts');
  await import('./sealed-values.test.ts');
  await import('../sealing/rotation.test.ts');
  await import('../events/read-events.test.ts');
  await import('../events/event-feed.test.ts');
});
