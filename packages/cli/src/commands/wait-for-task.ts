import { errorClasses, formatDurationMs, type OutputOf } from '@reeve/kernel';
import { type Client, type KnownOperation, operations } from '@reeve/sdk';
import type { CommonFlags } from '../derived/add-flags.ts';
import type { Session } from '../session.ts';
import { ProgressLine } from '../progress-line.ts';
import { printAnswer } from '../views/answer.ts';

type Task = OutputOf<Extract<KnownOperation, { name: 'tasks.show' }>>;

const showTask = operations.find(({ name }) => name === 'tasks.show')!;

/** What a task's end means for whoever waits on it, as an exit code; the classes are those of the hub's own errors. */
const exitCodes: Readonly<Partial<Record<Task['state'], number>>> = {
  succeeded: 0,
  dead: errorClasses.badGateway.exitCode,
  cancelled: errorClasses.cancelled.exitCode,
  expired: errorClasses.timeout.exitCode,
};

/** Waits until a task has ended, says meanwhile where it is, shows it, and takes its end for the exit code. */
export async function waitForTask(session: Session, id: string, flags: CommonFlags): Promise<void> {
  const client = await session.connect(flags, 'user');
  const progress = new ProgressLine();
  let task: Task;
  try {
    do task = await lookAt(client, id, progress.visible ? 1_000 : 25_000, progress);
    while (exitCodes[task.state] === undefined);
  } finally {
    progress.clear();
  }
  if (flags.json) session.terminal.print(JSON.stringify(task));
  else printAnswer('tasks.show', task, session.terminal);
  session.exitCode = exitCodes[task.state]!;
}

async function lookAt(client: Client, id: string, waitMs: number, progress: ProgressLine): Promise<Task> {
  const task = (await client.invoke(showTask, { id, waitMs })) as Task;
  const attempt = task.state === 'leased' ? `, attempt ${task.attempt} of ${task.maxAttempts}` : '';
  const failed = task.error === undefined ? '' : ` (last: ${task.error.message})`;
  progress.show(`${task.state}${attempt}${failed} after ${formatDurationMs(Date.now() - task.submittedAtMs)}`);
  return task;
}
