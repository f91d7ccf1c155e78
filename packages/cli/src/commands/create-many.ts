import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { operations } from '@reeve/sdk';
import type { CommonFlags } from '../derived/add-flags.ts';
import { UsageError } from '../errors.ts';
import type { Session } from '../session.ts';

export interface CreateManyFlags extends CommonFlags {
  readonly file: string;
  readonly idempotencyKey?: string;
}

/** The hub's limits on one request: 10,000 tasks and 32 MiB; half of that leaves room for what is not ASCII. */
const batchTasks = 10_000;
const batchUnits = 16 * 1024 * 1024;

const operation = operations.find(({ name }) => name === 'tasks.createMany')!;

/**
 * `reeve tasks createMany`: submits what a file holds, one batch after the other, so that a file of any size never
 * stands in memory as a whole. Prints the ids in the order of the file.
 */
export async function createMany(session: Session, flags: CreateManyFlags): Promise<void> {
  const client = await session.connect(flags, 'user');
  const { terminal } = session;
  let submitted = 0;
  let batches = 0;
  try {
    for await (const tasks of batchesOf(flags.file)) {
      const key = flags.idempotencyKey === undefined ? {} : { idempotencyKey: `${flags.idempotencyKey}-${++batches}` };
      const answer = await client.invoke(operation, { tasks }, { ...key, timeoutMs: 120_000 });
      const { ids } = answer as { ids: string[] };
      terminal.print(flags.json ? JSON.stringify(answer) : ids.join('\n'));
      submitted += ids.length;
      if (process.stderr.isTTY) process.stderr.write(`\r${submitted} submitted`);
    }
  } finally {
    if (process.stderr.isTTY) process.stderr.write('\r');
    terminal.note(`${submitted} ${submitted === 1 ? 'task' : 'tasks'} submitted`);
  }
}

/** Tasks in groups that the hub takes at once. */
async function* batchesOf(file: string): AsyncGenerator<unknown[]> {
  let batch: unknown[] = [];
  let units = 0;
  for await (const { task, length } of tasksOf(openFile(file))) {
    if (batch.length === batchTasks || (batch.length > 0 && units + length > batchUnits)) {
      yield batch;
      batch = [];
      units = 0;
    }
    batch.push(task);
    units += length;
  }
  if (batch.length > 0) yield batch;
}

function openFile(file: string): Readable {
  return file === '-' ? process.stdin : createReadStream(file);
}

interface ReadTask {
  readonly task: unknown;
  /** Of its JSON text. */
  readonly length: number;
}

/** One task on each line (NDJSON), or one JSON value: a list of tasks, or `{ "tasks": […] }`. */
async function* tasksOf(stream: Readable): AsyncGenerator<ReadTask> {
  let number = 0;
  let whole: string[] | undefined;
  for await (const line of linesOf(stream)) {
    number++;
    if (whole !== undefined) whole.push(line);
    else if (line.trim() === '') continue;
    else if (isTask(line)) yield { task: parse(line, number), length: line.length };
    else if (number === 1) whole = [line];
    else parse(line, number); // says what is wrong with it
  }
  if (whole !== undefined) yield* listedTasks(whole.join('\n'));
}

async function* linesOf(stream: Readable): AsyncGenerator<string> {
  // An error of the stream would otherwise be nobody's: readline does not pass it on.
  const failed = new Promise<never>((_, reject) => stream.once('error', reject));
  failed.catch(() => {});
  const lines = createInterface({ input: stream, crlfDelay: Infinity })[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([lines.next(), failed]);
      if (next.done) return;
      yield next.value;
    }
  } catch (cause) {
    throw UsageError.error(`the tasks cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function isTask(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) && !('tasks' in value);
  } catch {
    return false;
  }
}

function parse(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw UsageError.error(`line ${number} is not a task in JSON: ${(cause as Error).message}`, { cause });
  }
}

function* listedTasks(text: string): Generator<ReadTask> {
  const value = parse(text, 1) as unknown[] | { tasks?: unknown };
  const tasks = Array.isArray(value) ? value : value.tasks;
  if (!Array.isArray(tasks)) throw UsageError.error('expected tasks: one on each line, a list, or {"tasks": […]}');
  for (const task of tasks) yield { task, length: JSON.stringify(task).length };
}
