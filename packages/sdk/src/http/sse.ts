import { linesOf } from './lines.ts';

/** One event of a stream (WHATWG, server-sent events). */
export interface SseEvent {
  /** The last id seen, on this event or before. */
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/**
 * Reads the events of a stream of bytes. Ends with the stream; an event cut off at the end is dropped, as it must be.
 * @param onMark told the id of a block without data: no event, but where the stream is.
 */
export async function* readSse(
  body: ReadableStream<Uint8Array>,
  onMark: (id: string) => void = () => {},
): AsyncGenerator<SseEvent> {
  let id = '';
  let event = '';
  let data: string[] = [];
  for await (const line of linesOf(body)) {
    if (line === '') {
      if (data.length > 0) yield { id, event: event || 'message', data: data.join('\n') };
      else if (id !== '') onMark(id);
      event = '';
      data = [];
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'id') id = value;
    else if (field === 'event') event = value;
  }
}
