/** `reeve db move`: from the file to a server, with everything, or not at all. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Task } from '@reeve/hub/api';
import { connectAgent } from '@reeve/sdk';
import { needs } from '../house/needs.ts';
import { PostgresCluster } from '../house/postgres.ts';
import { HubHome } from '../faults/system/hub-process.ts';

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const requires = [{ name: 'mirror' }];

describe('reeve db move', { ...needs('postgres'), timeout: 120_000 }, () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.start({ fsync: false });
  });
  afterAll(() => cluster.stop());

  test('[LD-12 postgres] [HB-08] every row arrives and is compared, and the hub goes on where it was', async () => {
    await using home = await HubHome.create();
    const hub = await home.start();
    const done = await runOne(home, 'before');
    const waiting = await create(home, 'waiting');
    const url = await cluster.createDatabase();
    const refused = move(home, url);
    expect(refused.stderr).toContain('is open for writing in process');
    expect(refused.status).not.toBe(0);
    await hub.kill();

    const moved = move(home, url, '--json');
    expect(moved.stderr).toBe('');
    const report = JSON.parse(moved.stdout) as MoveReport;
    expect(report.audit.ok).toBe(true);
    const source = new DatabaseSync(join(home.folder, 'reeve.db'), { readOnly: true });
    const counts = report.tables.map(({ table }) => source.prepare(`SELECT COUNT(*) AS rows FROM ${table}`).get());
    source.close();
    expect(report.tables.map(({ rows }) => ({ rows }))).toEqual(counts);
    expect(report.tables.find(({ table }) => table === 'tasks')!.rows).toBe(2);

    expect(move(home, url).stderr).toContain('has tables already');
    await using onServer = await HubHome.create({ settings: { DATABASE_URL: url } }, home.folder);
    await onServer.start();
    expect(await onServer.api.get<Task>(`/v1/tasks/${done.id}`)).toEqual(done);
    await using _ = await startAgent(onServer);
    const ended = await onServer.api.get<Task>(`/v1/tasks/${waiting.id}?waitMs=10000`);
    expect(ended).toMatchObject({ state: 'succeeded', output: { say: 'waiting' } });
    const verdict = await onServer.api.get<{ ok: boolean }>('/v1/audit/verify');
    expect(verdict.ok).toBe(true);
  });

  test('[LD-12 postgres] what arrives changed, or is refused in the middle, undoes the whole move', async () => {
    await using home = await HubHome.create();
    const hub = await home.start();
    await runOne(home, 'once');
    await hub.kill();
    // Somebody else's hand on the server: the move makes the tables, and a trigger on their making changes what goes in.
    const url = await cluster.createDatabase();
    const database = new URL(url).pathname.slice(1);
    const meddle = (act: string) =>
      cluster.execute(
        `CREATE FUNCTION pg_catalog.meddle_${database}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${act}; END $$;
         CREATE FUNCTION pg_catalog.attach_${database}() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
           IF to_regclass('tasks') IS NOT NULL AND NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = 'meddler') THEN
             CREATE TRIGGER meddler BEFORE INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION pg_catalog.meddle_${database}();
           END IF; END $$;
         CREATE EVENT TRIGGER meddling ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
           EXECUTE FUNCTION pg_catalog.attach_${database}()`,
        database,
      );
    await meddle(`new.kind := new.kind || ' '; RETURN new`);
    const changed = move(home, url);
    expect(changed.stderr).toContain('tasks: 1 rows were sent, 1 arrived, or not with the same content');
    expect(changed.status).not.toBe(0);
    expect(await cluster.execute(`SELECT 1 FROM pg_tables WHERE schemaname = 'public'`, database)).toEqual([]);
  });

  test('a target that is none, and a source that is none, are told plainly', async () => {
    await using home = await HubHome.create();
    expect(move(home, 'mysql://host/db').stderr).toContain('--to must be a URL such as');
    const missing = move(home, await cluster.createDatabase());
    expect(missing.stderr).toContain('there is no such file');
  });
});

interface MoveReport {
  readonly tables: ReadonlyArray<{ readonly table: string; readonly rows: number; readonly digest: string }>;
  readonly audit: { readonly ok: boolean };
}

function move(home: HubHome, to: string, ...flags: string[]): SpawnSyncReturns<string> {
  const command = ['--conditions=reeve-source', 'packages/cli/src/main.ts', 'db', 'move', '--to', to, ...flags];
  return spawnSync(process.execPath, command, { encoding: 'utf8', env: home.environment });
}

async function create(home: HubHome, say: string): Promise<Task> {
  const idempotencyKey = randomBytes(8).toString('hex');
  const body = { requires, input: { say }, allowUnknown: true };
  return (await home.api.send<Task>('POST', '/v1/tasks', body, { idempotencyKey })).body;
}

async function runOne(home: HubHome, say: string): Promise<Task> {
  await using _ = await startAgent(home);
  const { id } = await create(home, say);
  return await home.api.get<Task>(`/v1/tasks/${id}?waitMs=10000`);
}

async function startAgent(home: HubHome): Promise<AsyncDisposable> {
  const agent = await connectAgent({
    url: home.url,
    apiKey: home.keys.apiKey,
    log: quiet,
    offer: { name: 'mirror', slots: 1, capabilities: [{ name: 'mirror', proficiency: 1 }] },
    handler: async (input) => input,
  });
  return { [Symbol.asyncDispose]: () => agent.stop({ drain: false }) };
}
