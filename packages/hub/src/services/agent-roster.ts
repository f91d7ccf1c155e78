import { nearestNames } from '@reeve/kernel';
import type { AgentOffer, AgentState } from '../api/agent.ts';
import type { LiveAgent, TaskQueue } from '../domain/live.ts';
import { stateOf } from '../domain/live.ts';
import { firstMismatch, type MatchableOffer } from '../domain/match.ts';
import type { RequirementClass } from '../domain/requirement-class.ts';

/** The agents that are registered, what they offer, and every capability that was ever declared. */
export class AgentRoster {
  readonly #byId = new Map<string, LiveAgent>();
  readonly #byName = new Map<string, LiveAgent>();
  readonly #byCapability = new Map<string, Set<LiveAgent>>();
  readonly #declared = new Set<string>();

  get(id: string): LiveAgent | undefined {
    return this.#byId.get(id);
  }

  named(tenant: string, name: string): LiveAgent | undefined {
    return this.#byName.get(nameKey(tenant, name));
  }

  all(): IterableIterator<LiveAgent> {
    return this.#byId.values();
  }

  get size(): number {
    return this.#byId.size;
  }

  /** How many agents are in each state. */
  countByState(): Record<AgentState, number> {
    const counts: Record<AgentState, number> = { online: 0, draining: 0, paused: 0, offline: 0 };
    for (const agent of this.#byId.values()) counts[stateOf(agent)] += 1;
    return counts;
  }

  add(agent: LiveAgent): void {
    this.#byId.set(agent.id, agent);
    this.#byName.set(nameKey(agent.tenant, agent.offer.name), agent);
    this.#index(agent);
  }

  remove(agent: LiveAgent): void {
    this.#byId.delete(agent.id);
    this.#byName.delete(nameKey(agent.tenant, agent.offer.name));
    this.#unindex(agent);
  }

  /** Replaces what an agent offers; the classes it qualifies for are worked out again by `requalify`. */
  change(agent: LiveAgent, offer: AgentOffer, matchable: MatchableOffer): void {
    this.#unindex(agent);
    agent.offer = offer;
    agent.matchable = matchable;
    this.#index(agent);
  }

  declare(capability: string): void {
    this.#declared.add(capability);
  }

  isDeclared(capability: string): boolean {
    return this.#declared.has(capability);
  }

  isOnline(capability: string): boolean {
    for (const agent of this.#byCapability.get(capability) ?? []) if (stateOf(agent) === 'online') return true;
    return false;
  }

  nearestDeclared(capability: string): string[] {
    return nearestNames(capability, this.#declared);
  }

  /** Works out which agents meet a class; only those with its rarest capability are looked at. */
  qualify(queue: TaskQueue): void {
    for (const agent of this.candidates(queue.wanted)) {
      if (firstMismatch(agent.matchable, queue.wanted)) continue;
      queue.qualify(agent);
    }
  }

  /** Works out, after an agent is new or has changed, which of the classes it meets. */
  requalify(agent: LiveAgent, queues: Iterable<TaskQueue>): void {
    this.disqualify(agent);
    for (const queue of queues) {
      if (firstMismatch(agent.matchable, queue.wanted)) continue;
      queue.qualify(agent);
    }
  }

  disqualify(agent: LiveAgent): void {
    for (const queue of agent.qualifies) queue.disqualify(agent);
  }

  /** Agents that may meet a class, for they have its rarest capability: nobody else can. */
  candidates({ requires }: RequirementClass): Iterable<LiveAgent> {
    let fewest: Set<LiveAgent> | undefined;
    for (const { name } of requires) {
      const agents = this.#byCapability.get(name);
      if (!agents) return [];
      if (!fewest || agents.size < fewest.size) fewest = agents;
    }
    return fewest ?? [];
  }

  #index(agent: LiveAgent): void {
    for (const { name } of agent.offer.capabilities) {
      this.#declared.add(name);
      let agents = this.#byCapability.get(name);
      if (!agents) this.#byCapability.set(name, (agents = new Set()));
      agents.add(agent);
    }
  }

  #unindex(agent: LiveAgent): void {
    for (const { name } of agent.offer.capabilities) {
      const agents = this.#byCapability.get(name);
      agents?.delete(agent);
      if (agents?.size === 0) this.#byCapability.delete(name);
    }
  }
}

/** Tenants and names have no control characters, so a line break keeps them apart. */
function nameKey(tenant: string, name: string): string {
  return `${tenant}\n${name}`;
}
