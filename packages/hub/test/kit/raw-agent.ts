import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { agentProtocol, type AgentOffer } from '../../src/api/index.ts';
import type { z } from 'zod';

export type Frame = { readonly type: string; readonly [field: string]: unknown };
export interface LeaseFrame extends Frame {
  readonly taskId: string;
  readonly fence: number;
  readonly attempt: number;
  readonly capability: string;
  readonly input: unknown;
}
export interface ClosedWith {
  readonly code: number;
  readonly reason: string;
}
export type OfferInput = z.input<typeof AgentOffer>;

/** How long a frame may take that has to come. */
const patienceMs = 20_000;

interface Wanted {
  readonly types: readonly string[];
  readonly resolve: (frame: Frame) => void;
  /** The connection ended first. */
  readonly gone: () => void;
}

/** The agent's side of the protocol by hand, so that a test decides every frame: also those no honest agent sends. */
export class RawAgent {
  readonly socket: WebSocket;
  /** How the connection ended. */
  readonly closed: Promise<ClosedWith>;
  readonly opened: Promise<void>;
  readonly #frames: Frame[] = [];
  readonly #wanted: Wanted[] = [];
  #beat: NodeJS.Timeout | undefined;

  constructor(url: string, key: string) {
    this.socket = new WebSocket(url.replace(/^http/, 'ws') + agentProtocol.path, agentProtocol.subprotocol, {
      headers: { authorization: `Bearer ${key}` },
      perMessageDeflate: false,
    });
    this.opened = new Promise((resolve, reject) => {
      this.socket.on('open', resolve);
      this.socket.on('error', reject);
    });
    this.opened.catch(() => {});
    this.closed = new Promise((resolve) =>
      this.socket.on('close', (code, reason) => {
        clearInterval(this.#beat);
        for (const { gone } of this.#wanted.splice(0)) gone();
        resolve({ code, reason: reason.toString() });
      }),
    );
    this.socket.on('message', (data) => {
      for (const frame of JSON.parse((data as Buffer).toString()) as Frame[]) this.#take(frame);
    });
    onTestFinished(() => this.vanish());
  }

  #take(frame: Frame): void {
    const at = this.#wanted.findIndex(({ types }) => types.includes(frame.type));
    if (at >= 0) this.#wanted.splice(at, 1)[0]!.resolve(frame);
    else this.#frames.push(frame);
  }

  /** The next frame of one of these types that nobody has taken yet. */
  next(type: 'lease'): Promise<LeaseFrame>;
  next(...types: string[]): Promise<Frame>;
  next(...types: string[]): Promise<Frame> {
    const at = this.#frames.findIndex((frame) => types.includes(frame.type));
    if (at >= 0) return Promise.resolve(this.#frames.splice(at, 1)[0]!);
    return new Promise((resolve, reject) => {
      const late = (): void => reject(new Error(`no ${types.join(' or ')} came within ${patienceMs} ms`));
      const timer = setTimeout(late, patienceMs);
      this.#wanted.push({
        types,
        resolve: (frame) => {
          clearTimeout(timer);
          resolve(frame);
        },
        gone: () => {
          clearTimeout(timer);
          reject(new Error(`the connection ended before ${types.join(' or ')} came`));
        },
      });
    });
  }

  /** What the hub answers to a report, whichever of the two it is: `accepted` or `lost`. */
  verdict(): Promise<Frame> {
    return this.next('accepted', 'lost');
  }

  /** Frames of a type that have come and nobody has taken. */
  seen(type: string): readonly Frame[] {
    return this.#frames.filter((frame) => frame.type === type);
  }

  send(...frames: Frame[]): void {
    this.sendText(JSON.stringify(frames));
  }

  sendText(text: string | Buffer): void {
    this.socket.send(text, () => {}); // a closed connection shows in `closed`
  }

  /** Says hello and waits for the welcome. */
  async hello(offer: Partial<OfferInput> = {}, resume: ReadonlyArray<{ taskId: string; fence: number }> = []) {
    await this.opened;
    const names = resume.map(({ taskId, fence }) => ({ taskId, fence }));
    this.send({ type: 'hello', offer: { ...defaultOffer, ...offer }, resume: names });
    return (await this.next('welcome')) as Frame & { readonly agentId: string; readonly kept: readonly Frame[] };
  }

  /** Says every so often that it is alive, until the connection ends. */
  beat(everyMs: number): void {
    this.#beat = setInterval(() => this.send({ type: 'heartbeat' }), everyMs);
  }

  succeed({ taskId, fence }: LeaseFrame, output: unknown = null): void {
    this.send({ type: 'succeeded', taskId, fence, output });
  }

  fail({ taskId, fence }: LeaseFrame, error: { code?: string; message?: string; retryable?: boolean } = {}): void {
    this.send({ type: 'failed', taskId, fence, error: { code: 'broken', message: 'no', retryable: true, ...error } });
  }

  /** Runs `count` tasks one after the other and answers their inputs in that order. */
  async run(count: number): Promise<unknown[]> {
    const inputs: unknown[] = [];
    for (let task = 0; task < count; task++) {
      const lease = await this.next('lease');
      inputs.push(lease.input);
      this.succeed(lease);
    }
    return inputs;
  }

  /** Sends a message and waits until the hub has dealt with it. */
  async roundTrip(): Promise<void> {
    this.send({ type: 'heartbeat' });
    await this.next('heartbeat');
  }

  /** As a process that was killed: no close frame, no word. */
  vanish(): void {
    clearInterval(this.#beat);
    this.socket.terminate();
  }
}

export const defaultOffer: OfferInput = { name: 'raw', capabilities: [{ name: 'echo' }] };
