import { asReeveError, type ReeveError } from '@reeve/kernel';
import { EventPositionAhead, EventsGone, type EventFeed } from '@reeve/platform';
import type { WebSocket } from 'ws';
import { eventCloseCodes } from '../../api/event-protocol.ts';
import type { EventQuery } from '../../services/event-query.ts';

export interface EventReaderTimes {
  readonly heartbeatMs: number;
  readonly silenceMs: number;
}

export interface EventLog {
  readonly feed: EventFeed;
  readonly newestPosition: () => number;
}

/**
 * One reader of the event log on a WebSocket. A batch is read from the log when the one before it has left: a slow reader
 * is read to at its own pace and costs one batch of memory, however far it is behind.
 */
export class EventReader {
  readonly #socket: WebSocket;
  readonly #gone = new AbortController();
  readonly #beat: NodeJS.Timeout;
  #heardAtMs = performance.now();

  constructor(socket: WebSocket, { heartbeatMs, silenceMs }: EventReaderTimes) {
    this.#socket = socket;
    socket.on('error', () => {}); // its close follows
    socket.on('close', () => this.#gone.abort());
    socket.on('pong', () => this.#heard());
    socket.on('message', () => this.#say('protocol_violation', 'a reader of events sends nothing'));
    socket.on('message', () => socket.close(eventCloseCodes.protocolViolation));
    this.#beat = setInterval(() => {
      if (performance.now() - this.#heardAtMs > silenceMs) socket.terminate();
      else socket.ping();
    }, heartbeatMs);
  }

  /** Sends what the reader asked for until it goes, or the hub stops. Rejects with what was a failure of this side. */
  async follow({ feed, newestPosition }: EventLog, query: EventQuery, draining: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([this.#gone.signal, draining]);
    try {
      const after = query.after ?? (await this.#begin(newestPosition()));
      for await (const batch of feed.subscribe({ ...query, after, signal })) await this.#send(JSON.stringify(batch));
      this.#socket.close(eventCloseCodes.goingAway, 'the hub is stopping');
    } catch (error) {
      this.#refuse(asReeveError(error));
      if (!isPosition(error)) throw error;
    } finally {
      clearInterval(this.#beat);
    }
  }

  /** Tells a reader that gave no position where it begins: cut before anything happens, it misses nothing either. */
  async #begin(after: number): Promise<number> {
    await this.#send(JSON.stringify({ after }));
    return after;
  }

  /** Resolves when the message has left, or the reader has. */
  #send(message: string): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.send(message, (error) => {
        if (!error) this.#heard();
        resolve();
      });
    });
  }

  #heard(): void {
    this.#heardAtMs = performance.now();
  }

  #refuse(error: ReeveError): void {
    this.#say(error.code, error.message, error.details);
    this.#socket.close(isPosition(error) ? eventCloseCodes.positionGone : eventCloseCodes.tryAgainLater, error.code);
  }

  #say(code: string, message: string, details?: object): void {
    this.#socket.send(JSON.stringify({ code, message, ...(details && { details }) }), () => {}); // the close says it too
  }
}

function isPosition(error: unknown): boolean {
  return EventsGone.is(error) || EventPositionAhead.is(error);
}
