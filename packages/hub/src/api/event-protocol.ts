/**
 * The event log over a WebSocket: every message of the hub is a JSON array of events, in order and without gaps. The
 * prose is in docs/reference/events.md.
 */
export const eventProtocol = {
  path: '/v1/events',
  subprotocol: 'reeve.events.v1',
} as const;

/** Why the hub closes the connection of a reader; before it does, an object with `code` and `message` says more. */
export const eventCloseCodes = {
  /** The hub is stopping: connect again and go on after the last position. */
  goingAway: 1001,
  /** Something failed here: connect again after a pause. */
  tryAgainLater: 1013,
  /** The reader sent something; there is nothing to say. */
  protocolViolation: 4400,
  /** The position is older than what is kept, or beyond what there is; the message names where to go on. */
  positionGone: 4410,
} as const;
