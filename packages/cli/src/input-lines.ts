import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { UsageError } from './errors.ts';

/** The lines of a file, or of standard input for `-`, as they are needed. @throws ReeveError `usage`. */
export async function* linesOf(file: string, what: string): AsyncGenerator<string> {
  const stream = file === '-' ? process.stdin : createReadStream(file);
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
    throw UsageError.error(`the ${what} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
