import { asReeveError, ReeveError, ShuttingDown } from '@reeve/kernel';
import { streamRoute, type Database, type RawRoute, type StreamCall, type TakenLine } from '@reeve/platform';
import { createManyTasks, type TakenTask } from '../api/task-streams.ts';
import type { TaskSubmission } from '../api/task.ts';
import type { HubSettings } from '../components.ts';
import { lineErrorOf } from './line-error.ts';
import type { CommitSubmission, Submissions } from './submissions.ts';

/** What a task may have beside its input, as JSON text. */
const besideInputBytes = 64 * 1024;

export interface CreateManyParts {
  readonly database: Database;
  readonly submissions: Submissions;
  readonly settings: HubSettings;
}

type Submitted = StreamCall<TaskSubmission>;
type Line = TakenLine<TaskSubmission>;
type Stopped = { readonly line: number; readonly error: ReeveError };

/** `tasks.createMany`: what one piece of the request completes is committed and answered before the next is read. */
export function createManyRoute(parts: CreateManyParts): RawRoute {
  return streamRoute(createManyTasks, (_, call) => createMany(parts, call));
}

async function* createMany(parts: CreateManyParts, call: Submitted): AsyncGenerator<TakenTask[]> {
  const count = { accepted: 0, refused: 0 };
  const end = (stopped?: Stopped): TakenTask[] => [
    { end: { ...count, ...(stopped && { stopped: { line: stopped.line, error: lineErrorOf(stopped.error) } }) } },
  ];
  for await (const lines of call.lines(parts.settings.inputLimitBytes + besideInputBytes)) {
    const { answers, stopped } = call.signal.aborted ? stopping(lines) : await takeIn(parts, lines, call);
    for (const answer of answers) count['id' in answer ? 'accepted' : 'refused'] += 1;
    if (answers.length > 0) yield answers;
    if (stopped) {
      yield end(stopped);
      return;
    }
  }
  yield end();
}

interface TakenIn {
  readonly answers: TakenTask[];
  readonly stopped?: Stopped;
}

function stopping(lines: readonly Line[]): TakenIn {
  const error = ShuttingDown.error('the hub stops', { retryAfterMs: 1_000 });
  return { answers: [], stopped: { line: lines[0]!.number, error } };
}

/** Takes in a group of lines; ends at the first that could not be looked at for reasons that pass. */
async function takeIn(parts: CreateManyParts, lines: readonly Line[], call: Submitted): Promise<TakenIn> {
  const outcomes = await submitted(parts, lines, call);
  if (outcomes instanceof ReeveError) return { answers: [], stopped: { line: lines[0]!.number, error: outcomes } };
  const answers: TakenTask[] = [];
  for (const line of lines) {
    const outcome = 'error' in line ? line.error : outcomes.shift()!;
    if (typeof outcome === 'string') answers.push({ line: line.number, id: outcome });
    else if (outcome.retryable) return { answers, stopped: { line: line.number, error: outcome } };
    else answers.push({ line: line.number, error: lineErrorOf(outcome) });
  }
  return { answers };
}

/** Ids and refusals of the lines that hold a task, or why none could be taken. */
async function submitted(
  { submissions, database }: CreateManyParts,
  lines: readonly Line[],
  { caller, audit, span }: Submitted,
): Promise<Array<string | ReeveError> | ReeveError> {
  const tasks = lines.flatMap((line) => ('value' in line ? [line.value] : []));
  if (tasks.length === 0) return [];
  try {
    const commit: CommitSubmission = async (statements, events, accepted) => {
      const record = audit({ details: { tasks: accepted.tasks.length } });
      await database.commit({ statements, events, audit: [record], span });
    };
    return await submissions.submitEach(caller.tenant, tasks, commit, span);
  } catch (error) {
    const reason = asReeveError(error);
    if (reason.retryable) return reason;
    throw error;
  }
}
