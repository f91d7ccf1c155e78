import { closeCodes } from '@reeve/hub/api';
import type { OpenSocket, Socket } from '../socket/port.ts';
import type { ConnectionEnd } from './close-reason.ts';
import { GarbageFromHub, readHubMessage, type HubFrameReceiver, type WelcomeFrame } from './hub-frames.ts';

/** Time for the connection to open and the welcome to come. */
const welcomeTimeoutMs = 15_000;
/** A hub that is silent for so many heartbeats is taken for gone. */
const silentHeartbeats = 3;
/** Time that the peer has for an orderly close. */
const closeTimeoutMs = 2_000;
const heartbeat = '[{"type":"heartbeat"}]';

export interface LinkParts {
  readonly openSocket: OpenSocket;
  readonly url: string;
  readonly apiKey: string;
  /** The first message. */
  hello(): string;
  readonly receiver: HubFrameReceiver;
  welcomed(frame: WelcomeFrame, link: Link): void;
  garbage(error: GarbageFromHub): void;
  ended(end: ConnectionEnd): void;
}

/**
 * One connection to the hub, from the attempt to open it to its end, which is reported exactly once. It says hello,
 * beats, and ends itself when the hub is silent or sends garbage.
 */
export class Link {
  readonly #parts: LinkParts;
  readonly #receiver: HubFrameReceiver;
  #socket: Socket | undefined;
  #welcomed = false;
  #over = false;
  #closing = false;
  #heardSinceBeat = true;
  #silentBeats = 0;
  /** What the hub said before it closes; better than the text of the close frame. */
  #goodbye: string | undefined;
  #welcomeTimer: ReturnType<typeof setTimeout> | undefined;
  #beatTimer: ReturnType<typeof setInterval> | undefined;
  #closeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#receiver = {
      ...parts.receiver,
      welcome: (frame) => this.#onWelcome(frame),
      goodbye: (code, message) => (this.#goodbye = `${message} (${code})`),
    };
  }

  open(): void {
    this.#welcomeTimer = setTimeout(() => this.#giveUp('no welcome came in time'), welcomeTimeoutMs);
    try {
      this.#socket = this.#parts.openSocket(this.#parts.url, this.#parts.apiKey, {
        open: () => this.#socket?.send(this.#parts.hello()),
        message: (text) => this.#onMessage(text),
        close: (code, reason, httpStatus) => this.#end(code, this.#goodbye ?? reason, httpStatus),
      });
    } catch (error) {
      this.#end(1006, error instanceof Error ? error.message : String(error), undefined);
    }
  }

  send(message: string): void {
    if (!this.#over) this.#socket?.send(message);
  }

  /** Closes in order; drops the connection when the peer takes too long for that. */
  close(code: number, reason: string): void {
    if (this.#over) return;
    this.#closing = true;
    this.#socket?.close(code, reason.slice(0, 100));
    this.#closeTimer ??= setTimeout(() => this.#giveUp(reason), closeTimeoutMs);
  }

  #onMessage(text: string): void {
    if (this.#over || this.#closing) return;
    this.#heardSinceBeat = true;
    try {
      readHubMessage(text, this.#receiver);
    } catch (error) {
      if (!(error instanceof GarbageFromHub)) throw error;
      this.#parts.garbage(error);
      this.close(closeCodes.protocolViolation, error.message);
      this.#giveUp(error.message);
    }
  }

  #onWelcome(frame: WelcomeFrame): void {
    if (this.#welcomed) throw new GarbageFromHub('a second welcome');
    this.#welcomed = true;
    clearTimeout(this.#welcomeTimer);
    this.#beatTimer = setInterval(() => this.#beat(), frame.heartbeatMs);
    this.#parts.welcomed(frame, this);
  }

  #beat(): void {
    this.#silentBeats = this.#heardSinceBeat ? 0 : this.#silentBeats + 1;
    this.#heardSinceBeat = false;
    if (this.#silentBeats >= silentHeartbeats) this.#giveUp('the hub is silent');
    else this.send(heartbeat);
  }

  /** Ends the connection from this side without waiting for the other. */
  #giveUp(reason: string): void {
    this.#socket?.terminate();
    this.#end(1006, reason, undefined);
  }

  #end(code: number, reason: string, httpStatus: number | undefined): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#welcomeTimer);
    clearInterval(this.#beatTimer);
    clearTimeout(this.#closeTimer);
    this.#parts.ended({ code, reason, httpStatus, welcomed: this.#welcomed });
  }
}
