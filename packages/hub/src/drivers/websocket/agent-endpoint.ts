import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type ServerOptions } from 'ws';
import type { Caller } from '@reeve/platform';
import { agentProtocol, closeCodes } from '../../api/protocol.ts';
import { AgentConnection, type ConnectionParts } from './agent-connection.ts';

/** For the peer to take what was said last and to close its side; then the connection is dropped. */
const closeTimeoutMs = 2_000;

// `closeTimeout` is newer than the types of ws.
const serverOptions: ServerOptions & { readonly closeTimeout: number } = {
  noServer: true,
  maxPayload: agentProtocol.maxMessageBytes,
  perMessageDeflate: false,
  closeTimeout: closeTimeoutMs,
  handleProtocols: (offered) => (offered.has(agentProtocol.subprotocol) ? agentProtocol.subprotocol : false),
};

/** Where agents connect: turns authenticated upgrade requests into agent connections. */
export class AgentEndpoint {
  readonly #parts: ConnectionParts;
  readonly #connections = new Set<AgentConnection>();
  readonly #server = new WebSocketServer(serverOptions);

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** Takes over the socket of an upgrade request whose caller may connect agents. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, caller: Caller): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new AgentConnection(webSocket, caller, this.#parts);
      this.#connections.add(connection);
      webSocket.on('close', () => this.#connections.delete(connection));
    });
  }

  /** Says goodbye to every agent; their leases stay with them, and they come back to whoever listens next. */
  close(): void {
    for (const connection of this.#connections) connection.close(closeCodes.goingAway, 'the hub is stopping');
    this.#server.close();
  }
}
