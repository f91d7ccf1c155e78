import { Client, type Tool, type Transport } from '@modelcontextprotocol/client';
import { backoffDelayMs } from '@reeve/kernel';
import type { HandlerLog } from '../../api/define-handler.ts';
import { McpServerGone } from './errors.ts';

/** Of a server that does not come back. */
const restart = { maxAttempts: Infinity, initialDelayMs: 100, factor: 2, maxDelayMs: 30_000, jitter: 0.5 };

export interface McpConnectionParts {
  readonly open: () => Transport;
  /** The tools of the server, after each start and whenever it says that they changed. */
  readonly onTools: (server: string, tools: readonly Tool[]) => void;
  readonly log: HandlerLog;
}

/**
 * The connection to one MCP server, made again with backoff whenever it is lost (a program is started again), until it
 * is closed.
 */
export class McpConnection {
  readonly #parts: McpConnectionParts;
  #client: Promise<Client> | undefined;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(parts: McpConnectionParts) {
    this.#parts = parts;
  }

  /** Connects for the first time. @throws whatever keeps it from that. */
  async start(): Promise<void> {
    this.#client = this.#connect();
    await this.#client;
  }

  /**
   * The connection, once there is one.
   * @throws ReeveError `mcp_server_gone` when the server does not come back at the next try.
   */
  async client(): Promise<Client> {
    try {
      return await this.#client!;
    } catch (cause) {
      throw McpServerGone.error(`the MCP server has not come back: ${(cause as Error).message}`, { cause });
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const client = await this.#client?.catch(() => undefined); // not connected: nothing to close
    await client?.close();
  }

  async #connect(): Promise<Client> {
    const client = this.#newClient();
    try {
      await client.connect(this.#parts.open());
      this.#parts.onTools(nameOf(client), (await client.listTools()).tools);
    } catch (error) {
      await client.close();
      throw error;
    }
    client.onclose = () => this.#lost();
    this.#failures = 0;
    return client;
  }

  #newClient(): Client {
    const { onTools, log } = this.#parts;
    const onChanged = (error: Error | null, tools: readonly Tool[] | null): void => {
      if (tools) onTools(nameOf(client), tools);
      else log.warn({ err: error }, 'the tools of the MCP server changed and could not be listed');
    };
    const client = new Client(
      { name: 'reeve', version: '1' },
      { versionNegotiation: { mode: 'auto' }, listChanged: { tools: { onChanged } } },
    );
    client.onerror = (error) => log.debug({ err: error }, 'the connection to the MCP server met an error');
    return client;
  }

  #lost(): void {
    if (this.#closed) return;
    const delayMs = backoffDelayMs(restart, ++this.#failures, Math.random());
    this.#parts.log.warn({ delayMs }, 'the MCP server is gone and is started again');
    const again = Promise.withResolvers<Client>();
    again.promise.catch(() => {}); // whoever asks for the client hears of it
    this.#client = again.promise;
    this.#timer = setTimeout(() => {
      this.#connect().then(again.resolve, (error: Error) => {
        again.reject(error);
        this.#parts.log.warn({ err: error }, 'the MCP server could not be started');
        this.#lost();
      });
    }, delayMs);
  }
}

function nameOf(client: Client): string {
  return client.getServerVersion()?.name ?? 'server';
}
