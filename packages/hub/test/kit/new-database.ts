import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, platformMigrations } from '@reeve/platform';
import { afterAll, beforeAll } from 'vitest';
import { PostgresCluster } from '../../../../tests/house/postgres.ts';
import { hubMigrations } from '../../src/index.ts';

export const migrations = [...platformMigrations, ...hubMigrations];

export interface NewDatabase {
  /** Folder of the hub; the embedded database is in it. */
  readonly home: string;
  readonly databaseUrl: string;
}

/** What makes a migrated database: migrated once per test file, then copied. */
interface Maker {
  make(home: string): Promise<string>;
}

let maker: Maker | undefined;

/** Hubs of this file, or of the `describe` in which it is called, keep their record on a PostgreSQL server. */
export function onPostgres(): void {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.start({ fsync: false });
    maker = await postgresMaker(cluster);
  });
  afterAll(async () => {
    maker = undefined;
    await cluster.stop();
  });
}

/** A home and a migrated database of their own; the home is gone at the end. */
export async function newDatabase(cleanUp: (undo: () => void) => void): Promise<NewDatabase> {
  const home = temporaryHome();
  cleanUp(() => rmSync(home, { recursive: true, force: true }));
  maker ??= await sqliteMaker();
  return { home, databaseUrl: await maker.make(home) };
}

async function postgresMaker(cluster: PostgresCluster): Promise<Maker> {
  const url = await cluster.createDatabase();
  await migrate(url);
  const template = new URL(url).pathname.slice(1);
  return { make: () => cluster.createDatabase(template) };
}

async function sqliteMaker(): Promise<Maker> {
  const template = temporaryHome();
  process.on('exit', () => rmSync(template, { recursive: true, force: true }));
  await migrate(join(template, 'reeve.db'));
  return {
    async make(home) {
      cpSync(template, home, { recursive: true });
      return join(home, 'reeve.db');
    },
  };
}

async function migrate(url: string): Promise<void> {
  const database = await openDatabase({ url, migrations });
  await database[Symbol.asyncDispose]();
}

function temporaryHome(): string {
  return mkdtempSync(join(tmpdir(), 'reeve-hub-'));
}
