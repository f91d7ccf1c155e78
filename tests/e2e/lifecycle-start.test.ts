import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Child } from '../faults/system/child.ts';
import { HubHome, mainFile } from '../faults/system/hub-process.ts';

/** Everything a person sees of a start that was refused; never the inside of the program. */
async function refusal(hub: Child): Promise<{ code: number | null; message: string }> {
  const { code } = await hub.exited;
  expect(hub.output).not.toMatch(/^\s+at .*\.ts/m);
  return { code, message: hub.output.split('\n').find((line) => line.startsWith('reeve: ')) ?? hub.output };
}

async function holding(port: number): Promise<Server & AsyncDisposable> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('a start that cannot be', () => {
  test('[FD-01 cause] a port that is taken: says by whom and what to do, and leaves nothing behind', async () => {
    await using home = await HubHome.create();
    {
      await using _holder = await holding(home.port);
      const { code, message } = await refusal(home.spawn());
      expect(code).toBeGreaterThan(0);
      expect(message).toContain(`port ${home.port} on 127.0.0.1 is taken by process ${process.pid}`);
      expect(message).toContain(`REEVE_PORT=${home.port + 1}`);
    }
    await home.start(); // neither the home nor its lock was harmed
    expect(await home.api.get('/v1/status')).toMatchObject({ database: { writable: true } });
  });

  test('[FD-01 cause] a second hub on one home is refused, and told which process has it', async () => {
    await using home = await HubHome.create();
    const first = await home.start();
    const keys = readFileSync(join(home.folder, 'dev.json'), 'utf8');
    await using other = await HubHome.create({}, home.folder);
    const { code, message } = await refusal(other.spawn());
    expect(code).toBeGreaterThan(0);
    expect(message).toContain(`process ${first.pid}`);
    expect(readFileSync(join(home.folder, 'dev.json'), 'utf8'), 'the keys of the first').toBe(keys);
    expect(await home.api.get('/v1/status')).toMatchObject({ database: { writable: true } });
    other.keep();
  });

  test('[FD-01 cause] a home that is a file is named', async () => {
    await using home = await HubHome.create();
    const file = join(home.folder, 'not-a-folder');
    writeFileSync(file, 'something of value');
    await using broken = new HubHome(home.port, {}, file);
    const { code, message } = await refusal(broken.spawn());
    expect(code).toBeGreaterThan(0);
    expect(message).toContain(file);
    expect(readFileSync(file, 'utf8')).toBe('something of value');
    broken.keep();
  });
});

test('[HB-08] keys that were damaged are written anew, and tasks from before are still there', async () => {
  await using home = await HubHome.create();
  const hub = await home.start();
  const task = { requires: [{ name: 'later' }], allowUnknown: true };
  const { id } = await home.api.post<{ id: string }>('/v1/tasks', task);
  hub.signal('SIGTERM');
  expect(await hub.exited).toEqual({ code: 0, signal: null });
  const path = join(home.folder, 'dev.json');
  writeFileSync(path, '{"url":"http://127.0.0.1:1","apiKey":');
  await home.start();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await home.api.get(`/v1/tasks/${id}`)).toMatchObject({ state: 'queued' });
});

test('[FD-01 code] a role that does not exist is refused with those that do', async () => {
  await using child = new Child(process.execPath, ['--conditions=reeve-source', mainFile, 'upp']);
  const { code, message } = await refusal(child);
  expect(code).toBeGreaterThan(0);
  expect(message).toContain('up, node,');
});
