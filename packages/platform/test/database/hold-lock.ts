import { DatabaseSync } from 'node:sqlite';

// Takes SQLite's write lock on a database, as a backup program or a person with a shell could, until its input ends.
// Run by the tests as a process of its own.

const db = new DatabaseSync(process.argv[2]!);
db.exec('BEGIN IMMEDIATE');
console.log('locked');
process.stdin.resume().once('end', () => db.close());
