import { uuidv7, type Clock } from '@reeve/kernel';
import { ExpectationFailed, type Database, type EventDraft, type Logger, type UnitStatement } from '@reeve/platform';
import type { AgentOffer } from '../api/agent.ts';
import { closeCodes, type Hello } from '../api/protocol.ts';
import type { z } from 'zod';
import { attemptError } from '../domain/attempt-error.ts';
import { AgentRemoved, LeaseExpired } from '../errors.ts';
import { newAgent, type AgentIntent, type AgentLink, type Lease, type LiveAgent } from '../domain/live.ts';
import {
  insertAgent,
  insertCapability,
  updateIntent,
  updateLastSeen,
  updateOffer,
  updateRemoved,
} from '../store/agents.ts';
import type { AgentsTable } from '../store/tables.ts';
import type { AgentRoster } from './agent-roster.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Proficiencies } from './proficiencies.ts';
import { agentOf } from './recovery.ts';
import type { Settlement } from './settlement.ts';
import type { TaskBoard } from './task-board.ts';
import { agentEvent } from './task-event.ts';

export interface AgentSessionsParts {
  readonly roster: AgentRoster;
  readonly board: TaskBoard;
  readonly dispatcher: Dispatcher;
  readonly settlement: Settlement;
  readonly proficiencies: Proficiencies;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A lease as an agent names it. */
export interface LeaseName {
  readonly taskId: string;
  readonly fence: number;
}

/** What one agent has to be told when it says hello. */
export interface Greeting {
  readonly agent: LiveAgent;
  /** Leases it still holds. */
  readonly kept: readonly LeaseName[];
}

/** Agents as they come and go: registered, connected, changed, gone. */
export class AgentSessions {
  readonly #parts: AgentSessionsParts;

  constructor(parts: AgentSessionsParts) {
    this.#parts = parts;
  }

  /**
   * Takes in an agent that said hello: registers it when its name is new, takes over its offer when it changed, and
   * settles which leases it still holds. A lease of which the agent knows nothing any more is given to another at once.
   */
  async connect(tenant: string, hello: z.output<typeof Hello>, link: AgentLink): Promise<Greeting> {
    const agent = await this.#ensure(tenant, hello.offer);
    this.attach(agent, link);
    for (const { stream } of agent.leases.values()) stream?.reconnected();
    return { agent, kept: this.reconcile(agent, hello.resume) };
  }

  /** Gives the agent another link; the one it had is closed. */
  attach(agent: LiveAgent, link: AgentLink): void {
    agent.link?.close(closeCodes.replaced, 'the agent connected again');
    agent.link = link;
    agent.heardAtMs = this.#parts.clock.monotonicMs();
  }

  /**
   * Settles which leases an agent still holds: of those it names, the ones that are its own. Any other has failed, unless
   * it is `excused`.
   */
  reconcile(
    agent: LiveAgent,
    named: readonly LeaseName[],
    excused: (lease: Lease) => boolean = () => false,
  ): readonly LeaseName[] {
    const kept = named.filter(({ taskId, fence }) => agent.leases.get(fence)?.task.id === taskId);
    const keptFences = new Set(kept.map(({ fence }) => fence));
    for (const lease of agent.leases.values()) {
      if (keptFences.has(lease.fence) || lease.settling || excused(lease)) continue;
      this.#parts.settlement.giveUp(lease, attemptError(LeaseExpired, 'the agent came back without it'));
    }
    return kept;
  }

  /** Takes over what an agent says of itself that it offers, when it is something else than before. */
  async reoffer(agent: LiveAgent, offer: AgentOffer): Promise<void> {
    if (JSON.stringify(agent.offer) !== JSON.stringify(offer)) await this.changeOffer(agent, offer, this.#commit);
  }

  /** Opens the tap once the agent has been welcomed. */
  ready(agent: LiveAgent): void {
    this.#parts.log.info({ agentId: agent.id, agent: agent.offer.name, slots: agent.offer.slots }, 'agent connected');
    this.#note(agent, 'agent.online');
    this.#parts.dispatcher.agentChanged(agent);
  }

  /** The agent takes nothing new from now on. */
  draining(agent: LiveAgent): void {
    this.#note(agent, 'agent.draining');
  }

  /** The connection is gone; leases stay with the agent until their time is over. */
  disconnected(agent: LiveAgent, link: AgentLink): void {
    if (agent.link !== link) return;
    agent.link = undefined;
    agent.lastSeenAtMs = this.#parts.clock.nowMs();
    const error = attemptError(LeaseExpired, 'its connection ended');
    for (const lease of agent.leases.values()) this.#parts.settlement.vanished(lease, error);
    this.#parts.log.info(
      { agentId: agent.id, agent: agent.offer.name, leases: agent.leases.size },
      'agent disconnected',
    );
    this.#note(agent, 'agent.offline', [
      { ...updateLastSeen.bind({ id: agent.id, last_seen_at_ms: agent.lastSeenAtMs }) },
    ]);
  }

  /** Registers an agent. The caller makes sure that the name is free. */
  async register(tenant: string, offer: AgentOffer, commit: Commit): Promise<LiveAgent> {
    const nowMs = this.#parts.clock.nowMs();
    const heardAtMs = this.#parts.clock.monotonicMs();
    const known = { id: uuidv7(), tenant, registeredAtMs: nowMs, lastSeenAtMs: undefined };
    const agent = newAgent({ ...known, offer, intent: 'active', heardAtMs });
    const row = { id: agent.id, tenant, name: offer.name, offer: JSON.stringify(offer), intent: agent.intent };
    const insert = insertAgent.bindExpecting(1, { ...row, registered_at_ms: nowMs });
    const events = [agentEvent(agent, 'agent.registered', { name: offer.name })];
    await commit([insert, ...this.#declarations(offer)], events, agent);
    this.#parts.roster.add(agent);
    this.#qualify(agent);
    return agent;
  }

  /** Replaces what an agent offers. */
  async changeOffer(agent: LiveAgent, offer: AgentOffer, commit: Commit): Promise<void> {
    const update = updateOffer.bindExpecting(1, { id: agent.id, offer: JSON.stringify(offer) });
    const events = [agentEvent(agent, 'agent.changed', { name: offer.name })];
    await commit([update, ...this.#declarations(offer)], events, { ...agent, offer });
    this.#parts.roster.change(agent, offer, this.#parts.proficiencies.matchable(agent, offer));
    this.#qualify(agent);
  }

  async changeIntent(agent: LiveAgent, intent: AgentIntent, commit: Commit): Promise<void> {
    const update = updateIntent.bindExpecting(1, { id: agent.id, intent });
    await commit([update], [agentEvent(agent, `agent.${intent}`, {})], { ...agent, intent });
    agent.intent = intent;
    this.#parts.dispatcher.agentChanged(agent);
  }

  /** Removes an agent, which is given nothing more while `commit` writes that; its attempts do not count. */
  async remove(agent: LiveAgent, commit: () => Promise<unknown>): Promise<void> {
    const { intent } = agent;
    agent.intent = 'draining';
    try {
      await commit();
    } catch (error) {
      agent.intent = intent;
      this.#parts.dispatcher.agentChanged(agent);
      throw error;
    }
    this.#forget(agent);
  }

  /** Takes an agent in again whose removal did not last; it has to connect anew, and its old attempts are gone. */
  async restore(row: AgentsTable): Promise<void> {
    const agent = agentOf(row, this.#parts.clock.monotonicMs());
    const statements = [updateRemoved.bindExpecting(1, { id: row.id, removed_at_ms: null })];
    const events = [agentEvent(agent, 'agent.restored', { name: agent.offer.name })];
    await this.#parts.database.commit({ statements, events });
    await this.#parts.proficiencies.recall(agent);
    this.#parts.roster.add(agent);
    this.#qualify(agent);
  }

  #forget(agent: LiveAgent): void {
    this.#parts.roster.disqualify(agent);
    this.#parts.roster.remove(agent);
    for (const lease of agent.leases.values()) {
      agent.link?.cancel(lease.task.id, lease.fence, 'the agent was removed');
      const error = attemptError(AgentRemoved, 'its agent was removed');
      this.#parts.settlement.takeAway(lease, error);
    }
    agent.link?.close(closeCodes.removed, 'the agent was removed');
  }

  async #ensure(tenant: string, offer: AgentOffer): Promise<LiveAgent> {
    const known = this.#parts.roster.named(tenant, offer.name) ?? (await this.#registerOrFind(tenant, offer));
    await this.reoffer(known, offer);
    return known;
  }

  /** Of several that come with one new name at once the first is registered; the others then are that agent. */
  async #registerOrFind(tenant: string, offer: AgentOffer): Promise<LiveAgent> {
    try {
      return await this.register(tenant, offer, this.#commit);
    } catch (error) {
      const first = ExpectationFailed.is(error) ? this.#parts.roster.named(tenant, offer.name) : undefined;
      if (first) return first;
      throw error;
    }
  }

  #qualify(agent: LiveAgent): void {
    this.#parts.roster.requalify(agent, this.#parts.board.queues());
    this.#parts.dispatcher.agentChanged(agent);
  }

  #declarations(offer: AgentOffer): UnitStatement[] {
    const first_declared_at_ms = this.#parts.clock.nowMs();
    const fresh = offer.capabilities.filter(({ name }) => !this.#parts.roster.isDeclared(name));
    return fresh.map(({ name }) => insertCapability.bind({ name, first_declared_at_ms }));
  }

  /** Notes a coming or going. Nobody waits for it, and a full disk must not cut connections: a failure is logged. */
  #note(agent: LiveAgent, type: string, statements: readonly UnitStatement[] = []): void {
    const events = [agentEvent(agent, type, { name: agent.offer.name })];
    this.#parts.database.commit({ statements, events }).catch((error: unknown) => {
      this.#parts.log.warn({ agentId: agent.id, err: error }, 'a coming or going of an agent could not be noted');
    });
  }

  readonly #commit: Commit = async (statements, events) => {
    await this.#parts.database.commit({ statements, events });
  };
}

/** Makes a change to an agent durable; operations add their audit record here. `after` is the agent as it will be. */
export type Commit = (
  statements: readonly UnitStatement[],
  events: readonly EventDraft[],
  after: LiveAgent,
) => Promise<void>;
