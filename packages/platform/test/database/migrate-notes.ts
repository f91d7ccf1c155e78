import { once } from 'node:events';
import { migratePostgres, migrateSqlite, platformMigrations, type Migration } from '../../src/database/index.ts';

// Says `ready`, waits for the end of its input, brings a database up to date and prints which migrations it
// applied. Run by the tests as a process of its own, several at once.

const [, , where, own] = process.argv as [string, string, string, string];
const migrations = [...platformMigrations, JSON.parse(own) as Migration];
console.log('ready');
await once(process.stdin.resume(), 'end');
const applied = where.startsWith('postgres')
  ? await migratePostgres(where, migrations, Date.now())
  : migrateSqlite(where, migrations, Date.now(), 20_000);
console.log(JSON.stringify(applied.map(({ name }) => name)));
