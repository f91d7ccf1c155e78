/** What the agent kit needs of a WebSocket: text messages, and whether the peer keeps up. */
export interface Socket {
  send(text: string): void;
  /** Closes in order; `code` is 1000 or an application code. */
  close(code: number, reason: string): void;
  /** Drops the connection without waiting for the peer, where the platform can. */
  terminate(): void;
}

export interface SocketEvents {
  open(): void;
  message(text: string): void;
  /**
   * The connection is over; called exactly once. `httpStatus` is that of a refused upgrade, where the platform tells.
   */
  close(code: number, reason: string, httpStatus?: number): void;
}

/** Opens a connection to `url` (ws: or wss:) with the agent protocol. May throw for an address that is not one. */
export type OpenSocket = (url: string, apiKey: string, events: SocketEvents) => Socket;
