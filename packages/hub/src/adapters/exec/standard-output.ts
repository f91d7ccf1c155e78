import type { Readable } from 'node:stream';
import { CommandOutputNotJson, CommandOutputTooLarge } from './errors.ts';

/** What a command's standard output becomes: one JSON value, a text, or a stream of lines. */
export type OutputMode = 'json' | 'text' | 'lines';

/**
 * Reads the whole output.
 * @throws ReeveError `command_output_too_large` as soon as it is.
 */
export async function readWhole(stream: Readable, limitBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    sizeBytes += part.length;
    if (sizeBytes > limitBytes) throw CommandOutputTooLarge.error(`the command wrote more than ${limitBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** @throws ReeveError `command_output_not_json`. No output at all is `null`. */
export function parseOutput(text: string): unknown {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    const start = text.trim().slice(0, 80);
    throw CommandOutputNotJson.error(`the output is not one JSON value; it begins with ${JSON.stringify(start)}`, {
      cause,
    });
  }
}

/**
 * Hands on each line and waits for `emit` before the next: while the reader does not keep up, the pipe fills and the
 * command itself waits. Gives the number of lines.
 * @throws ReeveError `command_output_too_large` for a line longer than `limitBytes`; whatever `emit` rejects with.
 */
export async function emitLines(
  stream: Readable,
  emit: (line: string) => Promise<void>,
  limitBytes: number,
): Promise<number> {
  let rest = '';
  let count = 0;
  for await (const text of stream.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    if (rest.length > limitBytes) throw CommandOutputTooLarge.error(`a line has more than ${limitBytes} bytes`);
    for (const line of lines) await emit(withoutReturn(line));
    count += lines.length;
  }
  if (rest === '') return count;
  await emit(withoutReturn(rest));
  return count + 1;
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
