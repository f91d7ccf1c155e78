import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';
import type { Event } from '../../src/api/index.ts';
import { eventually } from './waiting.ts';

export interface ReadFrom {
  readonly lastEventId?: string;
  /** `?after=…`, with its question mark. */
  readonly query?: string;
  readonly key?: string;
}

/** A reader of `GET /v1/events` by hand: takes the stream apart as the standard says, and can be cut anywhere. */
export class EventReader {
  readonly response: IncomingMessage;
  /** Events in the order in which they came, each with the `id` and `event` that it was sent under. */
  readonly events: Array<Event & { readonly id: string; readonly event: string }> = [];
  readonly comments: string[] = [];
  /** What a browser would send as `Last-Event-ID`. */
  lastEventId = '';
  /** Resolves when the stream has ended in order; rejects when it broke. */
  readonly ended: Promise<unknown>;
  #rest = '';

  private constructor(response: IncomingMessage) {
    this.response = response;
    this.ended = once(response, 'end');
    this.ended.catch(() => {}); // told by whoever waits for it
    response.setEncoding('utf8').on('data', (text: string) => this.#take(text));
  }

  static async open(
    hub: { readonly url: string; readonly key: string },
    { lastEventId, query = '', key = hub.key }: ReadFrom = {},
  ): Promise<EventReader> {
    const resume = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    const outgoing = request(`${hub.url}/v1/events${query}`, {
      headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream', ...resume },
    });
    outgoing.on('error', () => {}); // of a connection that the test or the hub cuts
    onTestFinished(() => void outgoing.destroy());
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return new EventReader(response);
  }

  get ids(): string[] {
    return this.events.map(({ id }) => id);
  }

  /** Resolves when so many events have come. */
  async has(count: number): Promise<void> {
    await eventually(() => this.events.length >= count);
  }

  /** As a network that is gone: nobody says goodbye. */
  cut(): void {
    this.response.destroy();
  }

  #take(text: string): void {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop()!;
    for (const block of blocks) this.#takeBlock(block.split('\n'));
  }

  #takeBlock(lines: readonly string[]): void {
    const fields: Record<string, string> = {};
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
      if (name === '') this.comments.push(value);
      else fields[name] = value;
    }
    const { id = '', event = '', data } = fields;
    this.lastEventId = fields['id'] ?? this.lastEventId;
    if (data !== undefined) this.events.push({ ...(JSON.parse(data) as Event), id, event });
  }
}
