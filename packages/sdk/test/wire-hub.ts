import { agentProtocol } from '@reeve/hub/api';
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';

export interface Frame {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** One connection of an agent, seen from the hub's side of the wire. */
export class WireConnection {
  readonly socket: WebSocket;
  readonly authorization: string | undefined;
  /** Subprotocols the agent offered. */
  readonly offered: string | undefined;
  /** How many frames each message of the agent had. */
  readonly messageSizes: number[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  #frames: Frame[] = [];
  #wanted: Array<{ types: readonly string[]; resolve(frame: Frame): void }> = [];

  constructor(socket: WebSocket, headers: IncomingHttpHeaders) {
    this.socket = socket;
    this.authorization = headers.authorization;
    this.offered = headers['sec-websocket-protocol'];
    socket.on('message', (data: RawData) => this.#take(JSON.parse((data as Buffer).toString()) as Frame[]));
    this.closed = new Promise((resolve) =>
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
  }

  #take(frames: Frame[]): void {
    this.messageSizes.push(frames.length);
    for (const frame of frames) {
      const at = this.#wanted.findIndex(({ types }) => types.includes(frame.type));
      if (at >= 0) this.#wanted.splice(at, 1)[0]!.resolve(frame);
      else this.#frames.push(frame);
    }
  }

  /** The next frame of one of these types that nobody has taken yet. */
  next(...types: string[]): Promise<Frame> {
    const at = this.#frames.findIndex((frame) => types.includes(frame.type));
    if (at >= 0) return Promise.resolve(this.#frames.splice(at, 1)[0]!);
    return new Promise((resolve) => this.#wanted.push({ types, resolve }));
  }

  /** Frames of a type that have come and nobody has taken. */
  seen(type: string): Frame[] {
    return this.#frames.filter((frame) => frame.type === type);
  }

  send(...frames: Frame[]): void {
    this.socket.send(JSON.stringify(frames));
  }

  async welcome(fields: Record<string, unknown> = {}): Promise<Frame> {
    const hello = await this.next('hello');
    this.send({ type: 'welcome', agentId, heartbeatMs: 1_000, leaseTtlMs: 10_000, kept: [], ...fields });
    return hello;
  }
}

export const agentId = '01900000-0000-7000-8000-00000000a9e7';

/**
 * The hub's side of the agent protocol with nothing behind it, so that tests decide every frame: also those that a
 * hub never sends.
 */
export class WireHub {
  readonly server: WebSocketServer;
  readonly port: number;
  #connections: WireConnection[] = [];
  #waiting: Array<(connection: WireConnection) => void> = [];

  private constructor(server: WebSocketServer) {
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket, request) => {
      const connection = new WireConnection(socket, request.headers);
      const waiter = this.#waiting.shift();
      if (waiter) waiter(connection);
      else this.#connections.push(connection);
    });
  }

  static async listen(port = 0): Promise<WireHub> {
    const server = new WebSocketServer({ port, host: '127.0.0.1', path: agentProtocol.path });
    await once(server, 'listening');
    return new WireHub(server);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  connection(): Promise<WireConnection> {
    const connection = this.#connections.shift();
    return connection ? Promise.resolve(connection) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.server.clients) socket.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

let leases = 0;

/** A lease frame; fences grow from lease to lease. */
export function lease(input: unknown, fields: Record<string, unknown> = {}): Frame & { taskId: string; fence: number } {
  const fence = 2 ** 32 + ++leases;
  const taskId = `01900000-0000-7000-8000-${fence.toString(16).padStart(12, '0')}`;
  const frame = {
    type: 'lease',
    taskId,
    fence,
    attempt: 1,
    kind: 'task',
    capability: 'echo',
    input,
    timeoutMs: 60_000,
  };
  return { ...frame, ...fields };
}
