import { type AgentConnection, type AgentLog, type AgentOptions, connectAgent, type Handler } from '../src/index.ts';
import { type WireConnection, WireHub } from './wire-hub.ts';

/** What an agent logged, in order. */
export interface LoggedLine {
  readonly level: string;
  readonly message: string;
  readonly facts: object;
}

/** A wire-level hub and the agents connected to it, put away together. */
export class AgentHarness implements AsyncDisposable {
  hub: WireHub;
  readonly logged: LoggedLine[] = [];
  readonly #agents: AgentConnection[] = [];

  private constructor(hub: WireHub) {
    this.hub = hub;
  }

  static async open(): Promise<AgentHarness> {
    return new AgentHarness(await WireHub.listen());
  }

  /** Begins to connect; the hub's side is the caller's. */
  async begin(handler: Handler, more: Partial<AgentOptions> = {}): Promise<AgentConnection> {
    const offer = { name: 'echo-1', capabilities: [{ name: 'echo' }], slots: 4 };
    const reconnect = { initialDelayMs: 10, maxDelayMs: 50 };
    const options = { url: this.hub.url, apiKey: 'rv_test', offer, handler, log: this.#log, reconnect, ...more };
    const agent = await connectAgent(options as AgentOptions);
    this.#agents.push(agent);
    return agent;
  }

  /** A connected agent with the hub's side of its connection. */
  async online(handler: Handler, more?: Partial<AgentOptions>): Promise<[AgentConnection, WireConnection]> {
    const beginning = this.begin(handler, more);
    const connection = await this.hub.connection();
    await connection.welcome();
    return [await beginning, connection];
  }

  /** The hub's side of the next connection, welcomed with what it keeps. */
  async nextConnection(kept: ReadonlyArray<{ taskId: string; fence: number }> = []): Promise<WireConnection> {
    const connection = await this.hub.connection();
    await connection.welcome({ kept: kept.map(({ taskId, fence }) => ({ taskId, fence })) });
    return connection;
  }

  readonly #log: AgentLog = {
    debug: (facts, message) => void this.logged.push({ level: 'debug', message, facts }),
    info: (facts, message) => void this.logged.push({ level: 'info', message, facts }),
    warn: (facts, message) => void this.logged.push({ level: 'warn', message, facts }),
    error: (facts, message) => void this.logged.push({ level: 'error', message, facts }),
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.stop({ drain: false })));
    await this.hub.close();
  }
}

/** Resolves when `signal` is aborted, as a handler that heeds it does, with the reason as a rejection. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
