import { InvalidInput, type JsonValue } from '@reeve/kernel';
import { jsonLines } from '@reeve/platform';

/** Bytes of a chunk's input beside its items and what is shared: names, brackets, the number of the first item. */
export const chunkFrameBytes = 256;

/** Items as the blob of a map holds them: one on each line. */
export async function* linesOfItems(items: readonly JsonValue[]): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < items.length; from += 1_000) {
    const lines = items.slice(from, from + 1_000).map((item) => `${JSON.stringify(item)}\n`);
    yield Buffer.from(lines.join(''));
  }
}

/**
 * Counts the items of a blob, and looks at each, so that no chunk meets one that is none.
 * @throws InvalidInput naming the line.
 */
export async function countItems(content: AsyncIterable<Uint8Array>, itemLimitBytes: number): Promise<number> {
  let count = 0;
  for await (const lines of jsonLines(content, itemLimitBytes)) {
    for (const line of lines) {
      if ('error' in line) throw InvalidInput.error(`line ${line.number} of the items: ${line.error.message}`);
      count += 1;
    }
  }
  if (count === 0) throw InvalidInput.error('there are no items');
  return count;
}

export interface ItemsRead {
  readonly items: JsonValue[];
  /** Bytes from where the reading began to the next item. */
  readonly lengthBytes: number;
}

/** Reads items from the beginning of a content, at least one: up to a number of them, and of bytes. */
export async function readItems(
  content: AsyncIterable<Uint8Array>,
  { count, limitBytes }: { count: number; limitBytes: number },
): Promise<ItemsRead> {
  const items: JsonValue[] = [];
  let lengthBytes = 0;
  let usedBytes = 0;
  const isFull = (lineBytes: number): boolean =>
    items.length === count || (items.length > 0 && usedBytes + lineBytes + 1 > limitBytes);
  for await (const line of wholeLines(content)) {
    const text = line.toString('utf8').trim();
    if (text !== '' && isFull(line.length)) break;
    lengthBytes += line.length;
    if (text === '') continue;
    usedBytes += line.length + 1;
    items.push(JSON.parse(text) as JsonValue);
  }
  return { items, lengthBytes };
}

/** Lines with their ends; the last one may have none. */
async function* wholeLines(content: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const piece of content) {
    const buffer = Buffer.concat([rest, piece]);
    let start = 0;
    for (let end = buffer.indexOf(10); end >= 0; end = buffer.indexOf(10, start)) {
      yield buffer.subarray(start, end + 1);
      start = end + 1;
    }
    rest = buffer.subarray(start);
  }
  if (rest.length > 0) yield rest;
}
