import type { Client } from '@reeve/sdk';
import type { ConnectionFlags } from '../connection.ts';
import { UsageError } from '../errors.ts';
import { linesOf } from '../input-lines.ts';
import { ProgressLine } from '../progress-line.ts';
import type { Session } from '../session.ts';

export interface CreateManyFlags extends ConnectionFlags {
  readonly idempotencyKey?: string;
  readonly json?: boolean;
}

type Answer = ReturnType<Client['tasks']['createMany']> extends AsyncGenerator<infer Each> ? Each : never;
type Task = Parameters<Client['tasks']['createMany']>[0] extends Iterable<infer Each> | AsyncIterable<infer Each>
  ? Each
  : never;

/**
 * `reeve tasks createMany`: submits what a file or a pipe holds while it is read, so that one of any size never stands in
 * memory as a whole. Prints the ids in the order of the tasks; what is refused is told, and hinders no other.
 */
export async function createMany(session: Session, file: string, flags: CreateManyFlags): Promise<void> {
  const client = await session.connect(flags, 'user');
  const progress = new ProgressLine();
  const count = { submitted: 0, refused: 0 };
  try {
    for await (const answer of client.tasks.createMany(withKeys(file, flags.idempotencyKey))) {
      count['id' in answer ? 'submitted' : 'refused'] += 1;
      tell(session, answer, flags.json ?? false);
      if (answer.line % 1_000 === 0) progress.show(`${answer.line} answered`);
    }
  } finally {
    progress.clear();
    const refused = count.refused === 0 ? '' : `, ${count.refused} refused`;
    session.terminal.note(`${count.submitted} ${count.submitted === 1 ? 'task' : 'tasks'} submitted${refused}`);
  }
  if (count.refused > 0) session.exitCode = 2;
}

function tell({ terminal }: Session, answer: Answer, json: boolean): void {
  if (json) terminal.print(JSON.stringify(answer));
  else if ('id' in answer) terminal.print(answer.id);
  else terminal.note(`task ${answer.line}: ${answer.error.message} (${answer.error.code})`);
}

/** The tasks of a file; with a key, the same file again stands for the same tasks. */
async function* withKeys(file: string, key: string | undefined): AsyncGenerator<Task> {
  let number = 0;
  for await (const task of tasksOf(file)) {
    number += 1;
    yield { ...(key !== undefined && { idempotencyKey: `${key}-${number}` }), ...(task as Task) };
  }
}

/** One task on each line (NDJSON), or one JSON value: a list of tasks, or `{ "tasks": […] }`. */
async function* tasksOf(file: string): AsyncGenerator<unknown> {
  let number = 0;
  let whole: string[] | undefined;
  for await (const line of linesOf(file, 'tasks')) {
    number++;
    if (whole !== undefined) whole.push(line);
    else if (line.trim() === '') continue;
    else if (isTask(line)) yield parse(line, number);
    else if (number === 1) whole = [line];
    else parse(line, number); // says what is wrong with it
  }
  if (whole !== undefined) yield* listedTasks(whole.join('\n'));
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

function* listedTasks(text: string): Generator<unknown> {
  const value = parse(text, 1) as unknown[] | { tasks?: unknown };
  const tasks = Array.isArray(value) ? value : value.tasks;
  if (!Array.isArray(tasks)) throw UsageError.error('expected tasks: one on each line, a list, or {"tasks": […]}');
  yield* tasks;
}
