import type { WebSocket } from 'ws';

/** One message is closed at this length, so that a thousand leases do not become one message beyond the limit. */
const messageTargetLength = 512 * 1024;
/** A frame that nobody waits for leaves at the latest after this time. */
const idleFrameMs = 5;
/** Waiting to be sent beyond this: the agent is given nothing new until it has caught up. */
const congestedBytes = 4 * 1024 * 1024;

/**
 * Frames on their way to one agent. What is said within one turn of the event loop leaves as one message (or a few),
 * because a system call for each frame would cost more than everything else about it.
 */
export class Outbox {
  readonly #socket: WebSocket;
  readonly #relieved: () => void;
  #frames: string[] = [];
  #length = 0;
  #planned = false;
  #idleTimer: NodeJS.Timeout | undefined;
  #congested = false;

  /** @param relieved called when the socket has caught up after it was congested. */
  constructor(socket: WebSocket, relieved: () => void) {
    this.#socket = socket;
    this.#relieved = relieved;
  }

  get congested(): boolean {
    return this.#congested;
  }

  /** Queues a frame, given as JSON text. */
  push(frame: string): void {
    this.#add(frame);
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(() => this.flush());
  }

  /** Queues a frame that nobody waits for: it travels with the next other one, which spares both sides a system call. */
  pushIdle(frame: string): void {
    this.#add(frame);
    if (!this.#planned) this.#idleTimer ??= setTimeout(() => this.flush(), idleFrameMs);
  }

  #add(frame: string): void {
    this.#frames.push(frame);
    this.#length += frame.length;
    if (this.#length >= messageTargetLength) this.flush();
  }

  /** Sends what is queued now. */
  flush(): void {
    this.#planned = false;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    if (this.#frames.length === 0) return;
    const message = `[${this.#frames.join(',')}]`;
    this.#frames = [];
    this.#length = 0;
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(message, () => this.#sent());
    if (this.#socket.bufferedAmount > congestedBytes) this.#congested = true;
  }

  #sent(): void {
    if (!this.#congested || this.#socket.bufferedAmount > congestedBytes / 2) return;
    this.#congested = false;
    this.#relieved();
  }
}
