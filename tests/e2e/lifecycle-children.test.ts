import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Task } from '@reeve/hub/api';
import { Child } from '../faults/system/child.ts';
import { eventually } from '../faults/system/eventually.ts';
import { HubHome, mainFile } from '../faults/system/hub-process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Processes whose parent this is, and theirs. */
function descendants(pid: number): number[] {
  let children: number[];
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // it has ended
  }
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function isRunning(pid: number): boolean {
  // The state of a process that has ended and was not waited for is Z.
  return commandOf(pid) !== '' && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

/** Asks the toy model of the demo node; undefined until it is there. */
async function answer({ url, keys }: HubHome): Promise<string | undefined> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keys.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'mini', max_tokens: 5, messages: [{ role: 'user', content: 'Hello' }] }),
  });
  return response.status === 200 ? response.text() : undefined;
}

describe('the demo node', () => {
  test('[FD-08 sigterm] npm start ends with 0 on SIGTERM, and the demo node with it', { timeout: 40_000 }, async () => {
    await using home = await HubHome.create();
    await using npm = new Child('npm', ['start'], { cwd: root, env: home.environment });
    await eventually('the demo node answers', () => answer(home), { withinMs: 25_000, everyMs: 100 });
    const started = descendants(npm.pid);
    expect(started.map(commandOf).some((command) => command.includes('main.ts node'))).toBe(true);
    npm.signal('SIGTERM');
    expect(await npm.exited).toEqual({ code: 0, signal: null });
    expect(started.filter(isRunning).map(commandOf)).toEqual([]);
  });

  test('[FD-08] it answers what is shown as soon as that is shown, and does not outlive a hub that was killed', async () => {
    await using home = await HubHome.create({ demo: true });
    const hub = home.spawn();
    const greeted = (): true | undefined => hub.output.includes('A first request') || undefined;
    await eventually('the greeting is shown', greeted, { withinMs: 25_000, everyMs: 1 });
    expect(await answer(home)).toContain('chat.completion');
    const [node] = descendants(hub.pid);
    expect(commandOf(node!)).toContain('main.ts node');
    // One that goes on holds the hub's output open, so nothing waits for that to close before it has been ended.
    await using _ = { [Symbol.asyncDispose]: async () => void (isRunning(node!) && process.kill(node!, 'SIGKILL')) };
    hub.signal('SIGKILL');
    await eventually('the demo node has ended', () => !isRunning(node!) || undefined, { withinMs: 5_000 });
  });
});

test('[FD-08 sigterm sigint] an agent finishes what it has, takes nothing new, and exits with 0', async () => {
  await using home = await HubHome.create();
  await home.start();
  const program = 'setTimeout(() => console.log(JSON.stringify({ pid: process.pid })), 800)';
  const options = {
    name: 'command',
    capabilities: [{ name: 'slow', proficiency: 1 }],
    command: ['node', '-e', program],
  };
  const settings = { ...home.environment, REEVE_URL: home.url, REEVE_API_KEY: home.keys.apiKey };
  const parameters = ['--conditions=reeve-source', mainFile, 'agent', JSON.stringify(options)];
  await using agent = new Child(process.execPath, parameters, { env: settings });
  const submit = (): Promise<Task> => home.api.post('/v1/tasks', { requires: [{ name: 'slow' }], allowUnknown: true });
  const [first, second] = [await submit(), await submit()];
  const stateOf = async ({ id }: Task): Promise<Task> => home.api.get<Task>(`/v1/tasks/${id}`);
  await eventually('it works', async () => ((await stateOf(first)).state === 'leased' ? true : undefined));
  agent.signal('SIGTERM');
  expect(await agent.exited).toEqual({ code: 0, signal: null });
  expect(await stateOf(first)).toMatchObject({ state: 'succeeded', attempt: 1 });
  expect((await stateOf(second)).state).not.toBe('succeeded');
});
