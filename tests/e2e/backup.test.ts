/** `reeve db backup` and `restore`: beside a hub that works, killed on the way, and what a hub makes of it. */
import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Task } from '@reeve/hub/api';
import { newKeyChainText, openDatabase, platformMigrations } from '@reeve/platform';
import { Child } from '../faults/system/child.ts';
import { HubHome, mainFile } from '../faults/system/hub-process.ts';

const patience = { timeout: 60_000 };

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-backup-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function db(home: HubHome, ...words: string[]): SpawnSyncReturns<string> {
  const command = ['--conditions=reeve-source', 'packages/cli/src/main.ts', 'db', ...words];
  return spawnSync(process.execPath, command, { encoding: 'utf8', env: home.environment });
}

/** The process behind a command, without the command line: it starts faster, and a kill meets it alone. */
function roleCommand(role: string, options: object): string[] {
  return ['--conditions=reeve-source', mainFile, role, JSON.stringify(options)];
}

function runRole(env: NodeJS.ProcessEnv, role: string, options: object): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, roleCommand(role, options), { encoding: 'utf8', env });
}

async function submit(home: HubHome, input: object): Promise<Task> {
  const body = { requires: [{ name: 'nobody' }], allowUnknown: true, input };
  return home.api.post<Task>('/v1/tasks', body);
}

async function putBlob(home: HubHome, content: Uint8Array<ArrayBuffer>): Promise<string> {
  const headers = { authorization: `Bearer ${home.keys.ownerKey}`, 'content-type': 'application/octet-stream' };
  const answer = await fetch(`${home.url}/v1/blobs`, { method: 'POST', headers, body: content });
  return ((await answer.json()) as { digest: string }).digest;
}

async function blobOf(home: HubHome, digest: string): Promise<Buffer> {
  const headers = { authorization: `Bearer ${home.keys.ownerKey}` };
  const answer = await fetch(`${home.url}/v1/blobs/${digest}/content`, { headers });
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
}

test(
  '[FD-05 backups canary] a hub that works is backed up; no secret is in the file; another hub goes on from there',
  patience,
  async () => {
    const canary = `canary-${randomBytes(12).toString('hex')}`;
    await using home = await HubHome.create();
    await home.start();
    const task = await submit(home, { canary });
    const content = Buffer.concat([Buffer.from(canary), randomBytes(200_000)]);
    const digest = await putBlob(home, content);
    const { ownerKey } = home.keys;
    const to = join(newFolder(), 'hub.backup');
    const backup = db(home, 'backup', '--to', to, '--json');
    expect(backup).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(backup.stdout)).toMatchObject({ to, keyId: 'k1', files: 1, tables: { tasks: 1 } });
    const bytes = readFileSync(to);
    const keyText = readFileSync(join(home.folder, 'encryption.keys'), 'utf8').trim().split(':')[1]!;
    for (const text of [canary, ownerKey.slice(16), keyText, task.id]) {
      expect(bytes.includes(text)).toBe(false);
      expect(bytes.includes(Buffer.from(text).toString('base64').slice(0, -4))).toBe(false);
    }
    const later = await submit(home, { later: true });

    const folder = newFolder();
    const keyless = runRole(home.environment, 'db-restore', { from: to, to: folder });
    expect(keyless.stderr).toContain('put the encryption keys of the hub there');
    copyFileSync(join(home.folder, 'encryption.keys'), join(folder, 'encryption.keys'));
    const restore = db(home, 'restore', to, '--to', folder);
    expect(restore.status).toBe(0);
    expect(restore.stderr).toContain('restoring   100 %');
    expect(restore.stdout).toContain('and 1 blobs to');
    await using other = await HubHome.create({}, folder);
    await other.start();
    expect(await other.api.get<Task>(`/v1/tasks/${task.id}`)).toMatchObject({ input: { canary }, state: 'queued' });
    expect((await other.api.send('GET', `/v1/tasks/${later.id}`)).status).toBe(404);
    expect((await blobOf(other, digest)).equals(content)).toBe(true);
    expect(await other.api.get<{ ok: boolean }>('/v1/audit/verify')).toMatchObject({ ok: true });
  },
);

test(
  '[FD-05 backups] killed in the middle it leaves the older backup; the next one removes what it left',
  patience,
  async () => {
    await using home = await HubHome.create();
    writeFileSync(join(home.folder, 'encryption.keys'), newKeyChainText('k1'));
    const url = join(home.folder, 'reeve.db');
    await (await openDatabase({ url, migrations: platformMigrations }))[Symbol.asyncDispose]();
    mkdirSync(join(home.folder, 'blobs'));
    const folder = newFolder();
    const to = join(folder, 'hub.backup');
    const [env, options] = [home.environment, { to, json: true }];
    expect(runRole(env, 'db-backup', options).status).toBe(0);
    const before = readFileSync(to);
    const pipe = join(home.folder, 'blobs', randomUUID());
    execFileSync('mkfifo', [pipe]); // a file that nothing comes out of: so the backup is in the middle for as long as it takes
    await using backup = new Child(process.execPath, roleCommand('db-backup', options), { env });
    const partial = join(folder, 'hub.backup.partial');
    const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    await expect.poll(() => sizeOf(partial), { timeout: 30_000 }).toBeGreaterThan(64 * 1024);
    expect((await backup.kill()).signal).toBe('SIGKILL');
    expect(readFileSync(to).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(['hub.backup', 'hub.backup.partial']);
    rmSync(pipe);
    expect(runRole(env, 'db-backup', options)).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(folder)).toEqual(['hub.backup']);
    expect(readdirSync(home.folder).filter((name) => name.endsWith('.snapshot'))).toEqual([]);
  },
);

test('[FD-05 backups] of a database on a server it says what else to use', async () => {
  await using home = await HubHome.create({ settings: { DATABASE_URL: 'postgres://127.0.0.1/reeve' } });
  const { status, stderr } = runRole(home.environment, 'db-backup', { to: join(home.folder, 'file') });
  expect(status).not.toBe(0);
  expect(stderr).toMatch(/pg_dump.*pg_basebackup/);
});
