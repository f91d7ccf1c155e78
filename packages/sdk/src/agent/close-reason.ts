import { closeCodes } from '@reeve/hub/api';

/** How a connection ended, with what the hub said before, if anything. */
export interface ConnectionEnd {
  readonly code: number;
  readonly reason: string;
  /** Of a refused upgrade. */
  readonly httpStatus?: number | undefined;
  /** Whether the hub had welcomed the agent on this connection. */
  readonly welcomed: boolean;
}

/** Closings that another try cannot mend; each with what a person would have to do. */
const finalCodes: ReadonlyMap<number, string> = new Map([
  [closeCodes.notPermitted, 'the key may not run agents'],
  [closeCodes.replaced, 'another agent has connected under this name'],
  [closeCodes.removed, 'the agent was removed at the hub'],
]);

/** Never tried again (FD-02): the same request would get the same answer. */
const finalStatuses: ReadonlyMap<number, string> = new Map([
  [400, 'the hub does not understand the request to connect'],
  [401, 'the hub does not know the key'],
  [403, 'the key may not run agents'],
  [404, 'there is no hub at this address'],
]);

/** Why the agent must not connect again; undefined when it may. */
export function finalReason(end: ConnectionEnd): string | undefined {
  const known = end.httpStatus === undefined ? finalCodes.get(end.code) : finalStatuses.get(end.httpStatus);
  if (known !== undefined) return end.reason === '' ? known : `${known}: ${end.reason}`;
  // A `hello` that breaks the protocol will break it the next time too.
  if (end.code === closeCodes.protocolViolation && !end.welcomed) return `the hub refuses the offer: ${end.reason}`;
  return undefined;
}
