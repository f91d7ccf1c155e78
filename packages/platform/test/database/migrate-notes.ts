import { once } from 'node:events';
import { migrateSqlite, platformMigrations, type Migration } from '../../src/database/index.ts';

// Says `ready`, waits for the end of its input, brings a database file up to date and prints which migrations it
// applied. Run by the tests as a process of its own, several at once.

const [, , path, own] = process.argv;
console.log('ready');
await once(process.stdin.resume(), 'end');
const applied = migrateSqlite(path!, [...platformMigrations, JSON.parse(own!) as Migration], Date.now(), 20_000);
console.log(JSON.stringify(applied.map(({ name }) => name)));
