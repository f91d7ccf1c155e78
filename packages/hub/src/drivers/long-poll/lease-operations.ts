import { NotFound, type JsonValue, type OutputOf } from '@reeve/kernel';
import { bind, type BoundOperation, type Call } from '@reeve/platform';
import { completeLease, declineLease, failLease, heartbeatLease, takeLeases } from '../../api/lease-operations.ts';
import type { AgentOffer } from '../../api/agent.ts';
import type { LiveAgent } from '../../domain/live.ts';
import { LeaseLost } from '../../errors.ts';
import type { AgentRoster } from '../../services/agent-roster.ts';
import type { LeaseName } from '../../services/agent-sessions.ts';
import type { AttemptReports } from '../../services/attempt-reports.ts';
import { holds } from '../../services/settlement.ts';
import type { PollLinks } from './poll-links.ts';

export interface LeaseOperationsParts {
  readonly links: PollLinks;
  readonly roster: AgentRoster;
  readonly reports: AttemptReports;
  readonly leaseTtlMs: number;
}

/** The handlers of `leases.*`: the engine of connected agents, asked by requests. */
export function leaseOperations(parts: LeaseOperationsParts): BoundOperation[] {
  const { reports } = parts;
  return [
    bind(takeLeases, ({ waitMs, holding, ...offer }, call) => take(parts, { offer, holding, waitMs }, call)),
    bind(heartbeatLease, async (input, call) => heartbeat(parts, input, call)),
    bind(completeLease, ({ output, ...named }, call) =>
      report(parts, named, call, (agent) => reports.succeeded(agent, named.taskId, named.fence, output)),
    ),
    bind(failLease, ({ error, ...named }, call) =>
      report(parts, named, call, (agent) => reports.failed(agent, named.taskId, named.fence, error)),
    ),
    bind(declineLease, ({ reason, ...named }, call) =>
      report(parts, named, call, (agent) => reports.declined(agent, named.taskId, named.fence, reason)),
    ),
  ];
}

interface Wish {
  readonly offer: AgentOffer;
  readonly holding: readonly LeaseName[];
  readonly waitMs: number;
}

async function take(
  { links, leaseTtlMs }: LeaseOperationsParts,
  { offer, holding, waitMs }: Wish,
  call: Call,
): Promise<OutputOf<typeof takeLeases>> {
  const { agent, link } = await links.attend(call.caller.tenant, offer, holding);
  const leases = await link.take(waitMs, call.signal);
  if (call.signal.aborted) link.putBack(leases);
  links.heard(agent);
  return { agentId: agent.id, leaseTtlMs, leases: [...leases] };
}

interface Named extends LeaseName {
  readonly id: string;
}

function heartbeat(
  parts: LeaseOperationsParts,
  { id, taskId, fence, progress }: Named & { readonly progress?: JsonValue | undefined },
  call: Call,
): { leaseTtlMs: number } {
  const agent = find(parts, id, call);
  parts.links.of(agent);
  if (!holds(agent, taskId, fence)) throw LeaseLost.error(`task ${taskId} is not leased under the fence ${fence}`);
  if (progress !== undefined) parts.reports.progress(agent, taskId, fence, progress);
  return { leaseTtlMs: parts.leaseTtlMs };
}

async function report(
  parts: LeaseOperationsParts,
  { id, fence }: Named,
  call: Call,
  say: (agent: LiveAgent) => void,
): Promise<{ accepted: true }> {
  const agent = find(parts, id, call);
  const durable = parts.links.of(agent).reported(fence);
  say(agent);
  await durable;
  return { accepted: true };
}

/** Agents serve every tenant, but speak only for their own. */
function find({ roster }: LeaseOperationsParts, id: string, { caller }: Call): LiveAgent {
  const agent = roster.get(id);
  if (agent?.tenant === caller.tenant) return agent;
  throw NotFound.error(`there is no agent ${id}; it is the agentId that leases.take answers`);
}
