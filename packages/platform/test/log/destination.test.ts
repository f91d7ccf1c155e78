import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, ftruncateSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { needs } from '../../../../tests/house/needs.ts';
import { DescriptorSink } from '../../src/log/line-sink.ts';

const program = fileURLToPath(new URL('./log-and-exit.ts', import.meta.url));

function start(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, ['--conditions=reeve-source', program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function ended(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'reeve-log-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

for (const [ending, code] of [
  ['exit', 7],
  ['throw', 1],
  ['natural', 0],
] as const) {
  test(`every line reaches its reader when the process ends by ${ending}`, async () => {
    const child = start('stdout', '3000', ending);
    const [output, exitCode] = await Promise.all([text(child.stdout!), ended(child)]);
    const lines = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).line as number);
    expect(lines).toEqual(Array.from({ length: 3_000 }, (_, index) => index + 1));
    expect(exitCode).toBe(code);
  });
}

test('every line is in the file when the process exits at once', async () => {
  const path = join(folder(), 'reeve.log');
  expect(await ended(start(path, '500', 'exit'))).toBe(7);
  expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(500);
});

test('a reader that never reads stops neither the process nor its end', async () => {
  const child = start('stdout', '20000', 'exit');
  expect(await ended(child)).toBe(7);
});

test('a reader that goes away does not end the process', async () => {
  const child = start('stdout', '20000', 'report');
  child.stdout!.destroy();
  const [report, code] = await Promise.all([text(child.stderr!), ended(child)]);
  expect(code).toBe(0);
  expect(JSON.parse(report).lost).toBeGreaterThan(0);
});

test('a full disk loses lines, counts them, and does not end the process', async () => {
  const child = start('/dev/full', '100', 'report');
  const [report, code] = await Promise.all([text(child.stderr!), ended(child)]);
  expect(code).toBe(0);
  expect(JSON.parse(report)).toEqual({ lost: 100 });
});

test('a slow reader finds a line that says how many are missing, and the newest lines after it', async () => {
  const { writer, readAll } = await pipe();
  const sink = new DescriptorSink(writer);
  // One turn of the event loop fills the pipe; what does not fit in memory then is dropped.
  const line = `${'x'.repeat(999)}\n`;
  for (let count = 0; count < 12_000; count++) sink.write(line);
  const dropped = sink.lostLines;
  expect(dropped).toBeGreaterThan(3_000);
  const flushed = sink.flush();
  const first = await readAll(flushed);
  expect(first.split('\n').filter((got) => got === line.trimEnd())).toHaveLength(12_000 - dropped);

  sink.write('newest\n');
  const [report, newest] = (await readAll(sink.flush())).split('\n');
  expect(JSON.parse(report!)).toMatchObject({ level: 'warn', lostLines: dropped });
  expect(newest).toBe('newest');
});

/** A pipe whose two ends are non-blocking: a FIFO opened for reading and for writing. */
async function pipe(): Promise<{ writer: number; readAll: (until: Promise<void>) => Promise<string> }> {
  const path = join(folder(), 'pipe');
  expect(await ended(spawn('mkfifo', [path]))).toBe(0);
  const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
  const reader = openSync(path, O_RDONLY | O_NONBLOCK);
  const writer = openSync(path, O_WRONLY | O_NONBLOCK);
  onTestFinished(() => [reader, writer].forEach((fd) => closeSync(fd)));
  return { writer, readAll: (until) => drain(reader, until) };
}

async function drain(reader: number, until: Promise<void>): Promise<string> {
  const parts: string[] = [];
  const bytes = Buffer.alloc(1 << 20);
  const readSoFar = (): void => {
    for (let got = readSome(reader, bytes); got > 0; got = readSome(reader, bytes))
      parts.push(bytes.toString('utf8', 0, got));
  };
  const reading = setInterval(readSoFar, 1);
  await until;
  clearInterval(reading);
  readSoFar();
  return parts.join('');
}

function readSome(reader: number, bytes: Buffer): number {
  try {
    return readSync(reader, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}

test(
  'a disk that was full for a while gets whole lines again, after one that says how many are missing',
  needs('tmpfs'),
  async () => {
    const disk = folder();
    expect(await ended(spawn('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]))).toBe(0);
    onTestFinished(() => new Promise<void>((resolve) => spawn('umount', ['-l', disk]).once('exit', () => resolve())));
    const fd = openSync(join(disk, 'reeve.log'), 'a');
    onTestFinished(() => closeSync(fd));
    const sink = new DescriptorSink(fd);
    for (let count = 0; count < 100; count++) sink.write(`${'x'.repeat(999)}\n`);
    await sink.flush();
    const { lostLines } = sink;
    expect(lostLines).toBeGreaterThan(30);

    ftruncateSync(fd, 10_500);
    sink.write('newest\n');
    await sink.flush();
    const lines = readFileSync(join(disk, 'reeve.log'), 'utf8').split('\n');
    expect(lines.slice(0, 10).every((line) => line === 'x'.repeat(999))).toBe(true);
    expect(JSON.parse(lines[11]!)).toMatchObject({ level: 'warn', lostLines });
    expect(lines.slice(12)).toEqual(['newest', '']);
  },
);
