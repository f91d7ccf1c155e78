import { platformMigrations, type Migration } from '../../src/database/index.ts';

/** The tables that `committer.ts` writes: each unit puts an id and its twin into `kept`. */
export const committerMigrations: readonly Migration[] = [
  ...platformMigrations,
  {
    package: 'committer',
    number: 1,
    name: 'kept',
    up: ['CREATE TABLE kept (id TEXT PRIMARY KEY, round TEXT NOT NULL) STRICT'],
  },
];
