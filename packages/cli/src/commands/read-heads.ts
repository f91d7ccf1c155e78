import { readFile } from 'node:fs/promises';
import { UsageError } from '../errors.ts';

/** The lines of a file of exported audit heads. @throws ReeveError `usage` for a file that is none. */
export async function readHeads(file: string): Promise<unknown[]> {
  try {
    const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as unknown);
  } catch (cause) {
    throw UsageError.error(`${file} is no file of exported audit heads: ${(cause as Error).message}`, { cause });
  }
}
