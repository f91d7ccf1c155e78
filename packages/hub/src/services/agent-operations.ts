import { isUuid, MalformedRequest, NotFound, type Effect, type Guard, type JsonValue, type Plan } from '@reeve/kernel';
import {
  bind,
  ExpectationFailed,
  type BoundOperation,
  type Call,
  type ConsequentialHandler,
  type Database,
  type Verification,
} from '@reeve/platform';
import {
  drainAgent,
  listAgents,
  pauseAgent,
  registerAgent,
  removeAgent,
  resumeAgent,
  showAgent,
  showProficiency,
  updateAgent,
} from '../api/agent-operations.ts';
import type { Agent, AgentChange, AgentOffer, AgentState } from '../api/agent.ts';
import type { AgentProficiency } from '../api/proficiency.ts';
import { stateOf, type AgentIntent, type LiveAgent } from '../domain/live.ts';
import { AgentExists, AgentNotRunnable } from '../errors.ts';
import { selectAgent, updateRemoved } from '../store/agents.ts';
import type { AgentsTable } from '../store/tables.ts';
import type { AgentRoster } from './agent-roster.ts';
import type { AgentSessions, Commit } from './agent-sessions.ts';
import type { Proficiencies } from './proficiencies.ts';
import { agentEvent } from './task-event.ts';

export interface AgentOperationsParts {
  readonly roster: AgentRoster;
  readonly sessions: AgentSessions;
  readonly proficiencies: Proficiencies;
  readonly database: Database;
  readonly nowMs: () => number;
}

/** The handlers of `agents.*`. Everybody may see every agent; only its own tenant may change one. */
export function agentOperations(parts: AgentOperationsParts): BoundOperation[] {
  return [
    bind(registerAgent, (offer, call) => register(parts, offer, call)),
    bind(listAgents, async (input) => list(parts.roster, input)),
    bind(showAgent, async ({ id }) => agentView(find(parts.roster, id))),
    bind(showProficiency, async ({ id }) => proficiencyView(parts, find(parts.roster, id))),
    bind(updateAgent, ({ id, ...change }, call) => update(parts, id, change, call)),
    bind(pauseAgent, ({ id }, call) => changeIntent(parts, id, 'paused', call)),
    bind(resumeAgent, ({ id }, call) => resume(parts, id, call)),
    bind(drainAgent, ({ id }, call) => drain(parts, id, call)),
    bind(removeAgent, removal(parts)),
  ];
}

/** An agent as the API shows it. */
export function agentView(agent: LiveAgent): Agent {
  return {
    ...agent.offer,
    id: agent.id,
    tenant: agent.tenant,
    state: stateOf(agent),
    connected: agent.link !== undefined,
    leases: agent.leases.size,
    breaker: breakerView(agent),
    registeredAtMs: agent.registeredAtMs,
    ...(agent.link || agent.lastSeenAtMs === undefined ? {} : { lastSeenAtMs: agent.lastSeenAtMs }),
  };
}

function proficiencyView({ proficiencies }: AgentOperationsParts, agent: LiveAgent): AgentProficiency {
  return { agentId: agent.id, agentName: agent.offer.name, capabilities: proficiencies.view(agent) };
}

function breakerView({ breaker: { state, failed, retryAtMs } }: LiveAgent): Agent['breaker'] {
  const retry = state === 'open' && retryAtMs !== undefined ? { retryAtMs } : {};
  return { state, failures: failed.size, ...retry };
}

function find(roster: AgentRoster, id: string): LiveAgent {
  const agent = roster.get(id);
  if (agent) return agent;
  throw NotFound.error(`there is no agent ${id}`);
}

function findOwn(roster: AgentRoster, id: string, call: Call): LiveAgent {
  const agent = find(roster, id);
  if (agent.tenant === call.caller.tenant) return agent;
  throw NotFound.error(`there is no agent ${id}`);
}

/** Commits through the road, answering with the agent as it will be. */
function commitThrough(call: Call): Commit {
  return async (statements, events, after) => {
    await call.commit({ statements, events }, agentView(after) as JsonValue, { target: `agent:${after.id}` });
  };
}

async function register(parts: AgentOperationsParts, offer: AgentOffer, call: Call): Promise<Agent> {
  const { tenant } = call.caller;
  const taken = (): Error => AgentExists.error(`an agent named ${offer.name} exists already`);
  if (parts.roster.named(tenant, offer.name)) throw taken();
  try {
    return agentView(await parts.sessions.register(tenant, offer, commitThrough(call)));
  } catch (error) {
    throw ExpectationFailed.is(error) ? taken() : error;
  }
}

interface ListInput {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly state?: AgentState | undefined;
  readonly capability?: string | undefined;
}

function list(
  roster: AgentRoster,
  { limit, cursor, state, capability }: ListInput,
): { items: Agent[]; nextCursor?: string } {
  if (cursor !== undefined && !isUuid(cursor)) throw MalformedRequest.error('this is no cursor of agents.list');
  const items: Agent[] = [];
  const matching = [...roster.all()]
    .filter((agent) => cursor === undefined || agent.id > cursor)
    .filter((agent) => state === undefined || stateOf(agent) === state)
    .filter((agent) => capability === undefined || agent.matchable.proficiencies.has(capability))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const agent of matching.slice(0, limit)) items.push(agentView(agent));
  const last = items.at(-1);
  return matching.length > limit && last ? { items, nextCursor: last.id } : { items };
}

async function update(parts: AgentOperationsParts, id: string, change: AgentChange, call: Call): Promise<Agent> {
  const agent = findOwn(parts.roster, id, call);
  const { region, ...rest } = change;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const offer: AgentOffer = { ...agent.offer, ...given };
  if (region !== undefined) delete offer.region;
  if (region) offer.region = region;
  await parts.sessions.changeOffer(agent, offer, commitThrough(call));
  return agentView(agent);
}

async function changeIntent(parts: AgentOperationsParts, id: string, intent: AgentIntent, call: Call): Promise<Agent> {
  const agent = findOwn(parts.roster, id, call);
  await parts.sessions.changeIntent(agent, intent, commitThrough(call));
  return agentView(agent);
}

async function resume(parts: AgentOperationsParts, id: string, call: Call): Promise<Agent> {
  const agent = findOwn(parts.roster, id, call);
  if (agent.intent !== 'active') return changeIntent(parts, id, 'active', call);
  const why = agent.link?.draining
    ? 'drains because its process ends'
    : `is ${stateOf(agent)}, not set aside by anybody`;
  throw AgentNotRunnable.error(`agent ${agent.offer.name} ${why}`);
}

async function drain(parts: AgentOperationsParts, id: string, call: Call): Promise<Agent> {
  const agent = findOwn(parts.roster, id, call);
  if (agent.intent !== 'paused') return changeIntent(parts, id, 'draining', call);
  throw AgentNotRunnable.error(`agent ${agent.offer.name} is paused: it takes nothing new already`);
}

type Removal = ConsequentialHandler<typeof removeAgent>;

/** Removing an agent that works throws its attempts away, so a person has to agree; an idle one may simply go. */
function removal(parts: AgentOperationsParts): Removal {
  return {
    plan: async ({ id }, call) => removalPlan(findOwn(parts.roster, id, call)),
    guards: [idleGuard(parts.roster)],
    run: ({ id }, call) => remove(parts, id, call),
    verify: (_, { id }) => verifyRemoval(parts, id),
    rollback: (_, { id }) => restore(parts, id),
  };
}

/** In memory and in the record: one of them alone would bring the agent back with the next start, or keep it until then. */
async function verifyRemoval({ roster, database }: AgentOperationsParts, id: string): Promise<Verification> {
  const [row] = await database.read<AgentsTable>(selectAgent.bind({ id }));
  const evidence = {
    recordedAsRemoved: row !== undefined && row.removed_at_ms !== null,
    inRoster: roster.get(id) !== undefined,
  };
  const ok = evidence.recordedAsRemoved && !evidence.inRoster;
  return { ok, checked: 'the agent is gone, from the record and from the roster', evidence };
}

async function restore({ sessions, roster, database }: AgentOperationsParts, id: string): Promise<void> {
  const [row] = await database.read<AgentsTable>(selectAgent.bind({ id }));
  if (row && roster.get(id) === undefined) await sessions.restore(row);
}

function removalPlan(agent: LiveAgent): Plan {
  const running = agent.leases.size;
  const effects: Effect[] = [
    { verb: 'remove', target: 'agent', id: agent.id, count: 1, atMost: 1, note: agent.offer.name },
  ];
  if (running > 0) effects.push({ verb: 'requeue', target: 'task', count: running, atMost: agent.offer.slots });
  return { effects, evidence: { state: stateOf(agent), leases: running } };
}

function idleGuard(roster: AgentRoster): Guard<{ readonly input: { readonly id: string } }> {
  return {
    name: 'agent-is-idle',
    limit: 0,
    evaluate({ input }) {
      const running = find(roster, input.id).leases.size;
      const message = running === 0 ? 'it has nothing running' : `${running} attempts of it would be thrown away`;
      return { verdict: running === 0 ? 'pass' : 'needsApproval', measured: running, limit: 0, message };
    },
  };
}

async function remove(
  parts: AgentOperationsParts,
  id: string,
  call: Call,
): Promise<{ id: string; name: string; requeuedTasks: number }> {
  const agent = findOwn(parts.roster, id, call);
  const answer = { id, name: agent.offer.name, requeuedTasks: agent.leases.size };
  const statement = updateRemoved.bindExpecting(1, { id, removed_at_ms: parts.nowMs() });
  const events = [agentEvent(agent, 'agent.removed', { name: agent.offer.name })];
  await parts.sessions.remove(agent, () =>
    call.commit({ statements: [statement], events }, answer, { target: `agent:${id}` }),
  );
  return answer;
}
