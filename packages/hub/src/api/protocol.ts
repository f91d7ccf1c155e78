import { Json, Uuid } from '@reeve/kernel';
import { z } from 'zod';
import { AgentOffer } from './agent.ts';
import { TaskError } from './task.ts';

/**
 * The agent protocol, version 1: one WebSocket from the agent to the hub, every message a JSON array of frames. The
 * prose is in docs/reference/agent-protocol.md.
 */
export const agentProtocol = {
  path: '/v1/agents/connect',
  subprotocol: 'reeve.agent.v1',
  /** Browsers cannot set headers: they send the key as a second subprotocol with this prefix. */
  keySubprotocolPrefix: 'reeve.key.',
  /** Largest message in either direction. */
  maxMessageBytes: 4 * 1024 * 1024,
  /** The first message must be `hello`, within this time. */
  helloTimeoutMs: 5_000,
  /** Stream text an agent may send beyond what the hub has credited; grows by `credit` frames. In UTF-16 units. */
  initialCredit: 256 * 1024,
} as const;

/** Why the hub closes a connection. */
export const closeCodes = {
  goingAway: 1001,
  messageTooBig: 1009,
  /** The hub cannot take the agent in at the moment; it may connect again after a pause. */
  tryAgainLater: 1013,
  protocolViolation: 4400,
  notPermitted: 4403,
  helloTimeout: 4408,
  replaced: 4409,
  removed: 4410,
  tooSlow: 4429,
  heartbeatMissed: 4504,
} as const;

export const Fence = z.int().positive();
const ofLease = { taskId: Uuid, fence: Fence };

export const Hello = z.object({
  type: z.literal('hello'),
  offer: AgentOffer,
  /** Leases the agent still works on from an earlier connection. */
  resume: z.array(z.object(ofLease)).max(10_000).default([]),
});
export const Heartbeat = z.object({ type: z.literal('heartbeat') });
export const Succeeded = z.object({ type: z.literal('succeeded'), ...ofLease, output: Json.default(null) });
export const Failed = z.object({ type: z.literal('failed'), ...ofLease, error: TaskError });
/** The agent gives a lease back unworked (it drains, or lacks memory); the attempt does not count. */
export const Declined = z.object({ type: z.literal('declined'), ...ofLease, reason: z.string().max(500) });
export const Progress = z.object({ type: z.literal('progress'), ...ofLease, value: Json });
/** Pieces of a streamed answer, in order; `index` is the number of the first one, so that a gap or a repeat shows. */
export const Chunks = z.object({
  type: z.literal('chunks'),
  ...ofLease,
  index: z.int().nonnegative(),
  data: z.array(z.string()).min(1).max(10_000),
});
/** What the agent offers from now on, under the same name. */
export const Offer = z.object({ type: z.literal('offer'), offer: AgentOffer });
/** The agent takes nothing new from now on. */
export const Draining = z.object({ type: z.literal('draining') });

export const AgentFrame = z.discriminatedUnion('type', [
  Hello,
  Heartbeat,
  Succeeded,
  Failed,
  Declined,
  Progress,
  Chunks,
  Offer,
  Draining,
]);
export type AgentFrame = z.output<typeof AgentFrame>;
export const AgentMessage = z.array(AgentFrame).min(1).max(10_000);

export const Welcome = z.object({
  type: z.literal('welcome'),
  agentId: Uuid,
  heartbeatMs: z.int(),
  leaseTtlMs: z.int(),
  /** Of the leases in `resume`: those the agent still holds. It drops the work of all others. */
  kept: z.array(z.object(ofLease)),
});
export const Lease = z.object({
  type: z.literal('lease'),
  ...ofLease,
  attempt: z.int().positive(),
  kind: z.string(),
  capability: z.string(),
  input: Json,
  timeoutMs: z.int(),
  deadlineAtMs: z.int().optional(),
  /** Of the attempt, by W3C Trace Context, where the task is traced: what the agent does goes below it. */
  traceparent: z.string().optional(),
});
/** The attempt is not wanted any more: abort the handler and send nothing further for this fence. */
export const Cancel = z.object({ type: z.literal('cancel'), ...ofLease, reason: z.string() });
/** The result is durable; the agent may forget it. Sent again for a result that arrives again. */
export const Accepted = z.object({ type: z.literal('accepted'), ...ofLease });
/** The result or report came too late and is refused. */
export const Lost = z.object({ type: z.literal('lost'), ...ofLease, code: z.literal('lease_lost') });
/** The reader of a stream has taken `amount` UTF-16 units; the agent may send that much more. */
export const Credit = z.object({ type: z.literal('credit'), ...ofLease, amount: z.int().positive() });
export const HeartbeatReply = z.object({ type: z.literal('heartbeat') });
/** Said once before the hub closes the connection. */
export const Goodbye = z.object({ type: z.literal('goodbye'), code: z.string(), message: z.string() });

export const HubFrame = z.discriminatedUnion('type', [
  Welcome,
  Lease,
  Cancel,
  Accepted,
  Lost,
  Credit,
  HeartbeatReply,
  Goodbye,
]);
export type HubFrame = z.output<typeof HubFrame>;
