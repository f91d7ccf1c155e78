import { migrateSqlite, platformMigrations, type Migration } from '../../src/database/index.ts';

// Brings a database file up to date and prints which migrations it applied. Run by the tests as a process of its own.

const notesTable: Migration = JSON.parse(process.argv[3]!) as Migration;
const applied = migrateSqlite(process.argv[2]!, [...platformMigrations, notesTable], Date.now(), 10_000);
console.log(JSON.stringify(applied.map(({ name }) => name)));
