import type { ConnectionFlags } from '../connection.ts';
import { UsageError } from '../errors.ts';
import { linesOf } from '../input-lines.ts';
import { ProgressLine } from '../progress-line.ts';
import type { Session } from '../session.ts';

export interface ResultsFlags extends ConnectionFlags {
  readonly order?: 'submission' | 'completion';
}

/** `reeve tasks results`: one line of JSON for each task, once it has ended; reads ids as `createMany` prints them. */
export async function results(session: Session, file: string, { order, ...flags }: ResultsFlags): Promise<void> {
  const client = await session.connect(flags, 'user');
  const progress = new ProgressLine();
  let count = 0;
  try {
    for await (const result of client.tasks.results(idsOf(file), order === undefined ? {} : { order })) {
      session.terminal.print(JSON.stringify(result));
      if (!('state' in result) || result.state !== 'succeeded') session.exitCode = 8;
      if (++count % 100 === 0) progress.show(`${count} ended`);
    }
  } finally {
    progress.clear();
  }
}

/** One id on each line, as text or as the `{"id": "…"}` of `createMany --json`. */
async function* idsOf(file: string): AsyncGenerator<string> {
  for await (const line of linesOf(file, 'ids')) {
    const text = line.trim();
    if (text !== '') yield text.startsWith('{') ? idIn(text) : text;
  }
}

function idIn(text: string): string {
  try {
    const { id } = JSON.parse(text) as { id?: unknown };
    if (typeof id === 'string') return id;
  } catch {
    // told below, as any other line without an id
  }
  throw UsageError.error(`this line has no id: ${text.slice(0, 100)}`);
}
