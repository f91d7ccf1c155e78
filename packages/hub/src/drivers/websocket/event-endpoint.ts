import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Caller, Logger } from '@reeve/platform';
import { WebSocketServer } from 'ws';
import { eventProtocol } from '../../api/event-protocol.ts';
import { eventQuery } from '../../services/event-query.ts';
import { EventReader, type EventLog } from './event-reader.ts';

export interface EventEndpointParts extends EventLog {
  readonly log: Logger;
  /** How often a reader is asked whether it is there, and how long it may keep silent. */
  readonly heartbeatMs: number;
  readonly silenceMs: number;
}

/** Where readers of the event log connect by WebSocket: the same log, filter and positions as by server-sent events. */
export class EventEndpoint {
  readonly #parts: EventEndpointParts;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: 1_024, // readers have nothing to say
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(eventProtocol.subprotocol) ? eventProtocol.subprotocol : false),
  });

  constructor(parts: EventEndpointParts) {
    this.#parts = parts;
  }

  /**
   * Takes over the socket of a caller who may read events.
   * @throws ReeveError `invalid_input`, `malformed_request`, while an answer can still say so.
   */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, caller: Caller, draining: AbortSignal): void {
    const parameters = new URL(request.url!, 'http://hub').searchParams;
    const query = eventQuery(queryOf(parameters), undefined, caller.tenant);
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const reader = new EventReader(webSocket, this.#parts);
      reader.follow(this.#parts, query, draining).catch((error: unknown) => {
        this.#parts.log.warn({ err: error }, 'a reader of events could not be served');
      });
    });
  }
}

/** As the HTTP server reads it: what is given more than once is a list. */
function queryOf(parameters: URLSearchParams): Record<string, string | string[]> {
  const names = [...new Set(parameters.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const values = parameters.getAll(name);
      return [name, values.length > 1 ? values : values[0]!];
    }),
  );
}
