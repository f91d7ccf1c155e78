import { defineOperation, Json, NotFound, Uuid } from '@reeve/kernel';
import { z } from 'zod';
import { AgentNotRunnable, LeaseLost, PollReplaced } from '../errors.ts';
import { AgentOffer } from './agent.ts';
import { Fence, Lease } from './protocol.ts';
import { TaskError } from './task.ts';

/**
 * The agent protocol for whoever has nothing but HTTP requests: `leases.take` waits for work, the others say what
 * became of it. Fences, expiry and time-outs are those of agents that hold a connection.
 */

/** A lease as its agent names it; `id` is that of the agent. */
const named = { id: Uuid, fence: Fence, taskId: Uuid };
const reportErrors = [NotFound, LeaseLost, AgentNotRunnable];
/** Of agents at work: the event log tells of every lease and every ending. */
const ofAgents = { access: 'agents:connect', effect: 'write', recordedIn: 'events' } as const;
const example = {
  id: '0198c0de-0000-7000-8000-00000000a9e7',
  fence: 4_294_967_297,
  taskId: '0198c0de-0000-7000-8000-000000000001',
};

export const takeLeases = defineOperation({
  ...ofAgents,
  name: 'leases.take',
  summary: 'Take work for an agent, waiting for it',
  description:
    'Registers the agent when its name is new, and answers as soon as there is work for it, with none after `waitMs`. ' +
    'One request waits for a name at a time: a newer one replaces it. Between requests the agent is heard from by ' +
    '`leases.heartbeat`; after `leaseTtlMs` of silence its leases go to others.',
  http: { method: 'POST', path: '/v1/leases' },
  input: AgentOffer.extend({
    waitMs: z.int().min(0).max(30_000).default(0),
    /** Leases the agent still works on. Whatever it holds and does not name has failed, and is given to others. */
    holding: z
      .array(z.object({ taskId: Uuid, fence: Fence }))
      .max(10_000)
      .default([]),
  }),
  output: z.object({
    agentId: Uuid,
    /** How long the agent may be silent before its leases end. */
    leaseTtlMs: z.int(),
    leases: z.array(Lease.omit({ type: true })),
  }),
  errors: [PollReplaced],
  examples: [
    {
      title: 'A word counter',
      input: { name: 'word-counter', capabilities: [{ name: 'text.count' }], waitMs: 20_000 },
    },
  ],
});
export const heartbeatLease = defineOperation({
  ...ofAgents,
  name: 'leases.heartbeat',
  summary: 'Keep the leases of an agent, and say how far one of them is',
  description: 'Refused with `lease_lost` when the lease ended meanwhile, such as by a cancel: then stop the work.',
  http: { method: 'POST', path: '/v1/agents/{id}/leases/{fence}/heartbeat' },
  input: z.object({ ...named, progress: Json.optional() }),
  output: z.object({ leaseTtlMs: z.int() }),
  errors: reportErrors,
  examples: [{ title: 'Half of it', input: { ...example, progress: { done: 0.5 } } }],
});
const Accepted = z.object({ accepted: z.literal(true) });
export const completeLease = defineOperation({
  ...ofAgents,
  name: 'leases.complete',
  summary: 'Deliver the result of an attempt',
  description: 'Answered once the result is durable. Sent again, it gets the same answer again.',
  http: { method: 'POST', path: '/v1/agents/{id}/leases/{fence}/complete' },
  input: z.object({ ...named, output: Json.default(null) }),
  output: Accepted,
  errors: reportErrors,
  examples: [{ title: 'Three pages', input: { ...example, output: { pages: 3 } } }],
});
export const failLease = defineOperation({
  ...ofAgents,
  name: 'leases.fail',
  summary: 'Report that an attempt failed',
  http: { method: 'POST', path: '/v1/agents/{id}/leases/{fence}/fail' },
  input: z.object({ ...named, error: TaskError }),
  output: Accepted,
  errors: reportErrors,
  examples: [
    {
      title: 'Not a PDF',
      input: { ...example, error: { code: 'not_a_pdf', message: 'no PDF header', retryable: false } },
    },
  ],
});
export const declineLease = defineOperation({
  ...ofAgents,
  name: 'leases.decline',
  summary: 'Give a lease back unworked; the attempt does not count',
  http: { method: 'POST', path: '/v1/agents/{id}/leases/{fence}/decline' },
  input: z.object({ ...named, reason: z.string().max(500) }),
  output: Accepted,
  errors: reportErrors,
  examples: [{ title: 'No room', input: { ...example, reason: 'no disk space left' } }],
});
