import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TaskContext } from '../../src/api/index.ts';
import { createExecHandler, type ExecOptions } from '../../src/adapters/exec/exec-handler.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'reeve-exec-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Attempt extends TaskContext {
  readonly aborter: AbortController;
  readonly chunks: string[];
  readonly reports: unknown[];
}

function attempt(emit?: (chunk: string) => Promise<void>): Attempt {
  const aborter = new AbortController();
  const chunks: string[] = [];
  const reports: unknown[] = [];
  return {
    taskId: '01900000-0000-7000-8000-000000000001',
    attempt: 2,
    fence: 4_294_967_297,
    capability: 'test.exec',
    signal: aborter.signal,
    blob: () => Promise.reject(new Error('no blobs here')),
    emit: emit ?? (async (chunk) => void chunks.push(chunk)),
    progress: (value) => void reports.push(value),
    aborter,
    chunks,
    reports,
  };
}

/** Runs a piece of JavaScript as the command. */
function script(source: string, options: Partial<ExecOptions> = {}) {
  const file = join(folder, 'command.mjs');
  writeFileSync(file, source);
  return createExecHandler({ command: [process.execPath, file], ...options });
}

const readInput = `
let text = '';
for await (const part of process.stdin) text += part;
const input = JSON.parse(text);
`;

/** Whether a process runs. One that has ended but whose parent does not ask for its exit code (`Z`) does not. */
function alive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return /^[^Z]/.test(stdout.trim());
}

/** Waits until the command has written its file. */
async function pidIn(name: string): Promise<number> {
  const path = join(folder, name);
  await expect.poll(() => read(path)).not.toBe('');
  return Number(read(path));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

describe('input and output', () => {
  test('gives the input as JSON on standard input and takes JSON from standard output', async () => {
    const handler = script(`${readInput} console.log(JSON.stringify({ sum: input.a + input.b }));`);
    expect(await handler({ a: 19, b: 23 }, attempt())).toEqual({ sum: 42 });
  });

  test('takes no output for null, and a command that does not read its input for normal', async () => {
    expect(await createExecHandler({ command: ['true'] })('x'.repeat(200_000), attempt())).toBeNull();
  });

  test('passes arguments as they are: no shell reads them', async () => {
    const source = 'console.log(JSON.stringify(process.argv.slice(1)))';
    const handler = createExecHandler({ command: [process.execPath, '-e', source, '--', '$(id); `id` > x', '*'] });
    expect(await handler(null, attempt())).toEqual(['$(id); `id` > x', '*']);
  });

  test('refuses output that is not JSON and says how to take it as text', async () => {
    const handler = script(`console.log('hello there')`);
    const failure = {
      code: 'command_output_not_json',
      retryable: false,
      message: expect.stringContaining('hello there'),
    };
    await expect(handler(null, attempt())).rejects.toMatchObject(failure);
  });

  test('gives the output as text without the last line break', async () => {
    const handler = script(`console.log('grüße\\n')`, { output: 'text' });
    expect(await handler(null, attempt())).toBe('grüße\n');
  });

  test('streams lines in order, also one without an end', async () => {
    const handler = script(`process.stdout.write('one\\r\\ntwo\\n\\nlast')`, { output: 'lines' });
    const context = attempt();
    expect(await handler(null, context)).toEqual({ lines: 4 });
    expect(context.chunks).toEqual(['one', 'two', '', 'last']);
  });

  test('lets the command wait while nobody takes its lines', async () => {
    const written = join(folder, 'written');
    const source = `
      import { writeFileSync } from 'node:fs';
      for (let n = 1; n <= 200; n++) {
        if (!process.stdout.write('x'.repeat(9_999) + '\\n')) await new Promise((go) => process.stdout.once('drain', go));
        writeFileSync(${JSON.stringify(written)}, String(n));
      }`;
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    const running = script(source, { output: 'lines' })(
      null,
      attempt(() => gate),
    );
    await expect.poll(() => read(written)).not.toBe('');
    await wait(300); // time in which it would write everything if nothing held it
    expect(Number(read(written))).toBeLessThan(100);
    open();
    expect(await running).toEqual({ lines: 200 });
  });

  test('ends a command that writes too much', async () => {
    const handler = script(`
      import { writeFileSync } from 'node:fs';
      writeFileSync(${JSON.stringify(join(folder, 'pid'))}, String(process.pid));
      process.stdout.on('error', () => {});
      setInterval(() => process.stdout.write('x'.repeat(65_536)), 1);`);
    const failure = { code: 'command_output_too_large', retryable: false };
    await expect(handler(null, attempt())).rejects.toMatchObject(failure);
    expect(alive(await pidIn('pid'))).toBe(false);
  });
});

describe('what the command knows', () => {
  test('[FD-03] a clean environment: its task, what was allowed and set, no key', async () => {
    const handler = script('console.log(JSON.stringify(process.env))', {
      environment: {
        PATH: process.env['PATH'],
        LC_ALL: 'C.UTF-8',
        REEVE_API_KEY: 'rk_canary',
        OPENAI_API_KEY: 'sk_canary',
        WANTED: 'yes',
      },
      passEnvironment: ['WANTED'],
      env: { MODE: 'fast' },
    });
    expect(await handler(null, attempt())).toEqual({
      PATH: process.env['PATH'],
      LC_ALL: 'C.UTF-8',
      WANTED: 'yes',
      MODE: 'fast',
      REEVE_TASK_ID: '01900000-0000-7000-8000-000000000001',
      REEVE_ATTEMPT: '2',
      REEVE_FENCE: '4294967297',
      REEVE_CAPABILITY: 'test.exec',
    });
  });

  test('reports each line of standard error as progress', async () => {
    const context = attempt();
    const lines: string[] = [];
    const handler = script(`console.error('10 %\\n20 %'); console.log('1')`, {
      onStderrLine: (line) => lines.push(line),
    });
    await handler(null, context);
    expect(context.reports).toEqual([{ stderr: '10 %' }, { stderr: '20 %' }]);
    expect(lines).toEqual(['10 %', '20 %']);
  });
});

describe('failure', () => {
  test.each([
    ['an exit code', `console.error('no such page'); process.exit(3)`, { code: 'command_failed', retryable: false }],
    ['exit code 75', `console.error('no such page'); process.exit(75)`, { code: 'command_deferred', retryable: true }],
    [
      'a signal',
      `console.error('no such page'); process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 1000)`,
      { code: 'command_killed', retryable: true },
    ],
  ])('[HB-09] %s says whether a retry can help, and why', async (_, source, failure) => {
    const message = expect.stringContaining('no such page');
    await expect(script(source)(null, attempt())).rejects.toMatchObject({ ...failure, message });
  });

  test('other exit codes can ask for a retry', async () => {
    const handler = script('process.exit(9)', { retryableExitCodes: [9] });
    await expect(handler(null, attempt())).rejects.toMatchObject({ code: 'command_deferred', retryable: true });
  });

  test('a program that is not there is named', async () => {
    const handler = createExecHandler({ command: ['reeve-no-such-program'] });
    const message = expect.stringContaining('reeve-no-such-program');
    await expect(handler(null, attempt())).rejects.toMatchObject({ code: 'command_not_started', message });
  });

  test('a command without a program is refused at once', () => {
    expect(() => createExecHandler({ command: [] })).toThrow('needs a command');
  });
});

describe('stopping', () => {
  const family = (onTerm: string) => `
    import { spawn } from 'node:child_process';
    import { writeFileSync } from 'node:fs';
    const child = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {${onTerm}}); setInterval(() => {}, 1000)"]);
    child.on('spawn', () => {
      process.on('SIGTERM', () => {${onTerm}});
      writeFileSync(process.argv[1] + '.child', String(child.pid));
    });
    setInterval(() => {}, 1000);`;

  test('[HB-09] an abort ends the command and all it started', async () => {
    const context = attempt();
    const running = script(family('process.exit()'))(null, context);
    const pid = await pidIn('command.mjs.child');
    context.aborter.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
    await expect.poll(() => alive(pid)).toBe(false);
  });

  test('[HB-09] a command that ignores the request is killed after the grace', async () => {
    const context = attempt();
    const running = script(family(''), { graceMs: 200 })(null, context);
    const pid = await pidIn('command.mjs.child');
    context.aborter.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
    await expect.poll(() => alive(pid)).toBe(false);
  });

  test('what a command leaves behind is killed when it ends', async () => {
    const handler = script(`
      import { spawn } from 'node:child_process';
      const child = spawn('sleep', ['60'], { stdio: 'ignore' });
      child.unref();
      child.on('spawn', () => { console.log(child.pid); process.exit(); });`);
    const pid = (await handler(null, attempt())) as number;
    await expect.poll(() => alive(pid)).toBe(false);
  });

  test('an attempt that is aborted already starts nothing', async () => {
    const context = attempt();
    context.aborter.abort(new Error('too late'));
    const file = join(folder, 'ran');
    const handler = script(`import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(file)}, 'x')`);
    await expect(handler(null, context)).rejects.toThrow('too late');
    expect(read(file)).toBe('');
  });
});
