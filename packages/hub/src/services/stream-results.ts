import { NotFound, type JsonValue, type ReeveError } from '@reeve/kernel';
import { streamRoute, type Database, type RawRoute, type StreamCall, type TakenLine } from '@reeve/platform';
import { streamResults, type TaskResult } from '../api/task-streams.ts';
import { endStates } from '../api/task.ts';
import { openPayloads } from '../store/payloads.ts';
import { selectTask, type TaskRow } from '../store/read-tasks.ts';
import { errorOf } from '../store/task-json.ts';
import type { Endings } from './endings.ts';
import { lineErrorOf } from './line-error.ts';
import { inOrderOfCompletion } from './order-of-completion.ts';
import type { TaskBoard } from './task-board.ts';

const lineLimitBytes = 1_024;
/** Results that are written as one piece: their outputs stand in memory together. */
const resultsPerPiece = 16;

export interface StreamResultsParts {
  readonly database: Database;
  readonly board: TaskBoard;
  readonly endings: Endings;
}

type Asked = StreamCall<{ id: string }>;
export type AskedLine = TakenLine<{ id: string }>;

/** `tasks.results`: reads an id, waits for its task, answers; so memory holds what is waited for and no result twice. */
export function streamResultsRoute(parts: StreamResultsParts): RawRoute {
  return streamRoute(streamResults, ({ order }, call) => resultsOf(parts, order, call));
}

async function* resultsOf(
  parts: StreamResultsParts,
  order: 'submission' | 'completion',
  call: Asked,
): AsyncGenerator<TaskResult[]> {
  yield []; // the answer begins now, however long the first task takes
  const counts = { results: 0, refused: 0 };
  const untilEnded = (line: AskedLine) => waitFor(parts, line, call.signal);
  const asked = call.lines(lineLimitBytes);
  const lines = order === 'completion' ? inOrderOfCompletion(asked, untilEnded) : inOrderAsked(asked, untilEnded);
  for await (const group of lines) {
    if (call.signal.aborted) return;
    for (let from = 0; from < group.length; from += resultsPerPiece) {
      const answers = await Promise.all(
        group.slice(from, from + resultsPerPiece).map((line) => answerTo(parts, line, call)),
      );
      for (const answer of answers) counts['id' in answer ? 'results' : 'refused'] += 1;
      yield answers;
    }
  }
  yield [{ end: counts }];
}

/** Lines whose tasks have ended, in the order asked for; in one group as long as there is nothing to wait for. */
async function* inOrderAsked(
  asked: AsyncIterable<AskedLine[]>,
  untilEnded: (line: AskedLine) => Promise<void> | undefined,
): AsyncGenerator<AskedLine[]> {
  for await (const lines of asked) {
    let group: AskedLine[] = [];
    for (const line of lines) {
      const ending = untilEnded(line);
      if (ending && group.length > 0) {
        yield group;
        group = [];
      }
      await ending;
      group.push(line);
    }
    yield group;
  }
}

/** Until the task is not live any more, or nothing when it is not; what it is then, the record says. */
function waitFor({ board, endings }: StreamResultsParts, line: AskedLine, signal: AbortSignal) {
  return 'value' in line && board.get(line.value.id) ? endings.until(line.value.id, signal) : undefined;
}

async function answerTo({ database }: StreamResultsParts, line: AskedLine, { caller }: Asked): Promise<TaskResult> {
  if ('error' in line) return refusal(line.number, line.error);
  const [found] = await database.read<TaskRow>(selectTask.bind({ id: line.value.id }));
  if (found?.tenant !== caller.tenant) return refusal(line.number, NotFound.error(`there is no task ${line.value.id}`));
  const row = openPayloads(database, found);
  if (!endStates.has(row.state)) throw new Error(`task ${row.id} is ${row.state}, though nothing works on it`);
  const error = errorOf(row);
  return {
    line: line.number,
    id: row.id,
    state: row.state,
    ...(row.output === null ? {} : { output: JSON.parse(row.output) as JsonValue }),
    ...(error === undefined ? {} : { error }),
  };
}

function refusal(line: number, error: ReeveError): TaskResult {
  return { line, error: lineErrorOf(error) };
}
