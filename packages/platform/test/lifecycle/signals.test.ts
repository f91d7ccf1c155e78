import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as passed } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const program = fileURLToPath(new URL('./service.ts', import.meta.url));

type Line = Record<string, unknown>;

/** Starts the service and keeps what it logs; `logged` waits for a message. */
function start(...args: string[]) {
  const child: ChildProcess = spawn(process.execPath, ['--conditions=reeve-source', program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: Line[] = [];
  const arrived = createInterface({ input: child.stdout! });
  arrived.on('line', (line) => line.startsWith('{') && lines.push(JSON.parse(line) as Line));
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const logged = async (message: string): Promise<void> => {
    while (!lines.some((line) => line['message'] === message)) await once(arrived, 'line');
  };
  return { child, lines, ended, logged, messages: () => lines.map(({ message }) => message) };
}

async function drainedBy(signal: 'SIGTERM' | 'SIGINT') {
  const service = start('100');
  await service.logged('ready');
  service.child.kill(signal);
  const [code] = await service.ended;
  return { code, messages: service.messages() };
}

const drained = { code: 0, messages: ['ready', 'stopping', 'work drained', 'storage closed', 'stopped'] };

test('[FD-08 sigterm] SIGTERM drains the work, then closes the storage, and exits with 0', async () => {
  expect(await drainedBy('SIGTERM')).toEqual(drained);
});

test('[FD-08 sigint] SIGINT drains the work, then closes the storage, and exits with 0', async () => {
  expect(await drainedBy('SIGINT')).toEqual(drained);
});

test('[FD-08 sigterm] work that does not end in time makes exit code 1, within the grace', async () => {
  const service = start('60000', '300');
  await service.logged('ready');
  service.child.kill('SIGTERM');
  const startedMs = performance.now();
  expect(await service.ended).toEqual([1, null]);
  expect(performance.now() - startedMs).toBeLessThan(30_000); // the work takes 60 s
  expect(service.messages()).toContain('storage closed');
  expect(service.lines.at(-1)).toMatchObject({ level: 'error', failures: [{ stage: 'work', name: 'tasks' }] });
});

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const) {
  test(`a second ${signal} ends the process at once with ${code}`, async () => {
    const service = start('60000', '60000');
    await service.logged('ready');
    service.child.kill('SIGTERM');
    await service.logged('stopping');
    // Longer than what counts as the same key press.
    await passed(400);
    service.child.kill(signal);
    expect(await service.ended).toEqual([code, null]);
    expect(service.messages()).not.toContain('storage closed');
  });
}

test('the same key press arriving twice, from the terminal and through npm, still drains', async () => {
  const service = start('200');
  await service.logged('ready');
  service.child.kill('SIGINT');
  await service.logged('stopping');
  service.child.kill('SIGINT');
  expect(await service.ended).toEqual([0, null]);
  expect(service.messages()).toContain('work drained');
});

for (const [fault, origin] of [
  ['exception', 'uncaughtException'],
  ['rejection', 'unhandledRejection'],
] as const) {
  test(`an ${origin} is logged as fatal with its stack, drains, and exits with 1`, async () => {
    const service = start('20', '5000', fault);
    expect(await service.ended).toEqual([1, null]);
    const fatal = service.lines.find((line) => line['fatal'] === true);
    expect(fatal).toMatchObject({ level: 'error', origin, error: { stack: expect.stringContaining('service.ts') } });
    expect(service.messages()).toContain('storage closed');
  });
}

test('output that nobody reads any more does not end the process', async () => {
  const service = start('0', '5000', 'broken-output');
  await service.logged('ready');
  service.child.stdout!.destroy();
  await passed(500);
  expect(service.child.exitCode).toBe(null);
  service.child.kill('SIGTERM');
  expect(await service.ended).toEqual([0, null]);
});
