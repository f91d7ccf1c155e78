import { agentProtocol } from '@reeve/hub/api';
import type { Attempt } from './attempt.ts';

/** Most text of one message: a UTF-16 unit has at most 3 bytes in UTF-8, so the limit in bytes is surely kept. */
const messageUnits = Math.floor(agentProtocol.maxMessageBytes / 3) - 1_024;
const messageFrames = 10_000;

/**
 * Collects what is to be sent and sends it once per turn of the event loop, in as few messages as the limits allow:
 * an agent that finishes hundreds of tasks in a turn pays for one message. While no connection is open everything
 * stays where it is, in the attempts themselves.
 */
export class Outbox {
  readonly #defer: (task: () => void) => void;
  #send: ((message: string) => void) | undefined;
  #attempts: Attempt[] = [];
  #frames: string[] = [];
  #scheduled = false;

  constructor(defer: (task: () => void) => void) {
    this.#defer = defer;
  }

  /** Opens the outbox onto a connection that has been welcomed. */
  open(send: (message: string) => void): void {
    this.#send = send;
    this.#schedule();
  }

  /** The connection is gone; frames that belong to it alone are dropped. */
  close(): void {
    this.#send = undefined;
    this.#frames = [];
  }

  /** Bound, for it is handed to every attempt. */
  readonly queueAttempt = (attempt: Attempt): void => {
    if (attempt.queued) return;
    attempt.queued = true;
    this.#attempts.push(attempt);
    this.#schedule();
  };

  /** Queues a frame that means something on this connection only. */
  queueFrame(frame: string): void {
    if (this.#send === undefined) return;
    this.#frames.push(frame);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#send === undefined) return;
    this.#scheduled = true;
    this.#defer(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Sends everything now. */
  flush(): void {
    if (this.#send === undefined) return;
    const frames = this.#frames;
    const attempts = this.#attempts;
    this.#frames = [];
    this.#attempts = [];
    for (const attempt of attempts) {
      attempt.queued = false;
      attempt.takeFrames(frames);
    }
    if (frames.length > 0) sendInMessages(frames, this.#send);
  }
}

function sendInMessages(frames: readonly string[], send: (message: string) => void): void {
  let message = '';
  let count = 0;
  for (const frame of frames) {
    if (count > 0 && (message.length + frame.length > messageUnits || count === messageFrames)) {
      send(`[${message}]`);
      message = '';
      count = 0;
    }
    message += count === 0 ? frame : ',' + frame;
    count++;
  }
  send(`[${message}]`);
}
