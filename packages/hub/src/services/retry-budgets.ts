import type { Clock } from '@reeve/kernel';
import { RetryBudget, type RetryBudgetSettings } from '../domain/retry-budget.ts';
import type { LiveTask } from '../domain/live.ts';
import type { HubMetrics } from '../metrics.ts';

/** Why an attempt is made again, and what becomes of it: for the metrics. */
type Retried = 'failed' | 'lost';

/**
 * Bounds how often work that somebody waits for on a connection is tried again, by capability. What an agent that vanished
 * had is always given to another: it is no more than the agent had, and it counts.
 */
export class RetryBudgets {
  readonly #clock: Clock;
  readonly #metrics: HubMetrics;
  readonly #settings: RetryBudgetSettings;
  readonly #budgets = new Map<string, RetryBudget>();

  constructor(clock: Clock, metrics: HubMetrics, settings: RetryBudgetSettings) {
    this.#clock = clock;
    this.#metrics = metrics;
    this.#settings = settings;
  }

  requested(task: LiveTask): void {
    this.#of(task).requested(this.#clock.monotonicMs());
  }

  /** Whether the task may be tried again, for the budget of its capability; tasks that nobody waits for always may. */
  allows(task: LiveTask, why: Retried): boolean {
    if (!task.follower) return true;
    const allowed = this.take(task, why);
    this.#metrics.retried(allowed);
    return allowed;
  }

  /** Takes one further attempt out of the budget. */
  take(task: LiveTask, why: Retried): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (why === 'failed') return this.#of(task).take(nowMs);
    this.#of(task).spend(nowMs);
    return true;
  }

  #of({ queue }: LiveTask): RetryBudget {
    const { name } = queue.wanted.requires[0]!;
    let budget = this.#budgets.get(name);
    if (!budget) this.#budgets.set(name, (budget = new RetryBudget(this.#settings)));
    return budget;
  }
}
