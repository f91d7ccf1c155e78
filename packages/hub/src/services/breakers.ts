import type { Clock } from '@reeve/kernel';
import type { Database, Logger } from '@reeve/platform';
import type { HubSettings } from '../components.ts';
import { countFailure, countSuccess, endPause } from '../domain/breaker.ts';
import type { Lease, LiveAgent } from '../domain/live.ts';
import type { HubMetrics } from '../metrics.ts';
import { updateBreaker } from '../store/agents.ts';
import { agentEvent } from './task-event.ts';

export interface BreakersParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: HubMetrics;
  readonly settings: HubSettings;
}

/** The circuit breakers of the agents: counts what attempts came to, and keeps on record which are not closed. */
export class Breakers {
  readonly #parts: BreakersParts;
  readonly #listeners: Array<(agent: LiveAgent) => void> = [];

  constructor(parts: BreakersParts) {
    this.#parts = parts;
  }

  /** Calls the listener whenever an agent gets a pause. */
  onOpened(listener: (agent: LiveAgent) => void): void {
    this.#listeners.push(listener);
  }

  /** An attempt failed in a way that is the agent's (see domain/breaker.ts). */
  failed({ agent, task }: Lease): void {
    const { clock, settings, metrics, log } = this.#parts;
    if (!countFailure(agent.breaker, task.id, settings.breaker, clock.monotonicMs())) return;
    metrics.breakerOpened();
    const pauseMs = Math.round(agent.breaker.opensUntilMs - clock.monotonicMs());
    agent.breaker.retryAtMs = clock.nowMs() + pauseMs;
    log.warn({ agentId: agent.id, agent: agent.offer.name, pauseMs }, 'circuit breaker of an agent opened');
    this.#note(agent, 'agent.breaker_opened', { failures: agent.breaker.failed.size, pauseMs });
    for (const listener of this.#listeners) listener(agent);
  }

  succeeded({ agent }: Lease): void {
    if (countSuccess(agent.breaker)) this.#note(agent, 'agent.breaker_closed', {});
  }

  /** @returns whether the agent may be tried again from now on. */
  endPause(agent: LiveAgent): boolean {
    if (!endPause(agent.breaker, this.#parts.clock.monotonicMs())) return false;
    this.#note(agent, 'agent.breaker_half_open', {});
    return true;
  }

  /** Nobody waits for it; what could not be written costs an agent at most one pause or one probe after a restart. */
  #note(agent: LiveAgent, type: string, facts: Record<string, number>): void {
    const statements = [updateBreaker.bind({ id: agent.id, breaker_openings: agent.breaker.openings })];
    const events = [agentEvent(agent, type, { name: agent.offer.name, ...facts })];
    this.#parts.database.commit({ statements, events }).catch((error: unknown) => {
      this.#parts.log.warn({ agentId: agent.id, err: error }, 'the state of a circuit breaker could not be noted');
    });
  }
}
