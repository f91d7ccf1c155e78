import { describe } from 'vitest';
import { needs } from '../../../../tests/house/needs.ts';
import { onPostgres } from '../kit/new-database.ts';

// What the hub promises holds on PostgreSQL as on SQLite: the same tests, on the other database.

describe('[LD-12 postgres] [FD-12 databases] on PostgreSQL', needs('postgres'), async () => {
  onPostgres();
  await import('../agents/agents.test.ts');
  await import('../agents/breaker.test.ts');
  await import('../agents/proficiency.test.ts');
  await import('../blobs/blobs.test.ts');
  await import('../leases/leases.test.ts');
  await import('../long-poll/long-poll.test.ts');
  await import('../maps/maps.test.ts');
  await import('../settlement/acknowledgement.test.ts');
  await import('../store/fence.test.ts');
  await import('../tasks/create-many.test.ts');
  await import('../tasks/ending.test.ts');
  await import('../tasks/idempotency.test.ts');
  await import('../tasks/limits.test.ts');
  await import('../tasks/matching.test.ts');
  await import('../tasks/retries.test.ts');
});
