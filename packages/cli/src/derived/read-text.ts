import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { UsageError } from '../errors.ts';

/** A value as it was written, or what it points to: `@file` is the file's content, `-` standard input. */
export async function readText(written: string): Promise<string> {
  if (written === '-') return text(process.stdin);
  if (!written.startsWith('@')) return written;
  try {
    return await readFile(written.slice(1), 'utf8');
  } catch (cause) {
    throw UsageError.error(`${written.slice(1)} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
