import { Overloaded, type Clock } from '@reeve/kernel';
import { fullBucket, takeToken, type RateBucket } from '@reeve/platform';
import type { HubSettings } from '../components.ts';
import type { TenantTermsBook } from '../domain/tenant-terms.ts';
import { priorities } from '../domain/ageing.ts';
import type { Priority } from '../api/task.ts';
import { QuotaExceeded } from '../errors.ts';
import type { HubMetrics } from '../metrics.ts';
import type { TaskBoard } from './task-board.ts';

/** How soon a refused caller may look again, where nobody can know when there is room. */
const lookAgainMs = 1_000;

export interface QuotasParts {
  readonly board: TaskBoard;
  readonly terms: TenantTermsBook;
  readonly clock: Clock;
  readonly metrics: HubMetrics;
  readonly settings: HubSettings;
}

/** Room for new tasks, asked for before they are made durable. */
export interface Claim {
  /** Claims room for one more task. @throws Overloaded, QuotaExceeded */
  add(priority: Priority): void;
  /** The tasks were accepted: what they took of the tenant's rate is spent. */
  keep(): void;
  /** Gives back what is not on the board by now. */
  end(): void;
}

/** Decides whether there is room for a task: by the load of the hub, and by what its tenant may take. */
export class Quotas {
  readonly #parts: QuotasParts;
  /** By tenant; there are as many tenants as somebody gave keys to. */
  readonly #buckets = new Map<string, RateBucket>();
  /** Claimed and not on the board yet, by tenant. */
  readonly #pending = new Map<string, number>();
  #pendingInAll = 0;

  constructor(parts: QuotasParts) {
    this.#parts = parts;
  }

  claim(tenant: string): Claim {
    const claimed = { tasks: 0, kept: false };
    return {
      add: (priority) => {
        this.#admit(tenant, priority, claimed.tasks);
        claimed.tasks += 1;
        this.#count(tenant, 1);
      },
      keep: () => (claimed.kept = true),
      end: () => {
        this.#count(tenant, -claimed.tasks);
        if (!claimed.kept && claimed.tasks > 0) this.#bucket(tenant).tokens += claimed.tasks;
        claimed.tasks = 0;
      },
    };
  }

  #count(tenant: string, tasks: number): void {
    const pending = (this.#pending.get(tenant) ?? 0) + tasks;
    if (pending > 0) this.#pending.set(tenant, pending);
    else this.#pending.delete(tenant);
    this.#pendingInAll += tasks;
  }

  #admit(tenant: string, priority: Priority, inThisRequest: number): void {
    this.#refuseOverload(priority);
    this.#refuseLiveTasks(tenant);
    this.#refuseRate(tenant, inThisRequest);
  }

  #refuseOverload(priority: Priority): void {
    const { board, settings } = this.#parts;
    const live = board.size + this.#pendingInAll;
    const limit = settings.maxLiveTasks;
    if (live >= limit) throw this.#overloaded('full', `${live} tasks are waiting or running, which is the limit`, live);
    if (priority !== priorities.at(-1) || !board.load.shedsLowWith(this.#pendingInAll)) return;
    const share = `${Math.floor((live / limit) * 100)} %`;
    throw this.#overloaded(
      'low_shed',
      `the hub is at ${share} of its capacity and takes no work of low priority`,
      live,
    );
  }

  #overloaded(reason: string, message: string, liveTasks: number): Error {
    this.#parts.metrics.refused(reason);
    const { maxLiveTasks } = this.#parts.settings;
    return Overloaded.error(message, { retryAfterMs: lookAgainMs, details: { reason, liveTasks, maxLiveTasks } });
  }

  #refuseLiveTasks(tenant: string): void {
    const limit = this.#parts.terms.of(tenant).maxLiveTasks;
    const used = this.#parts.board.liveOf(tenant) + (this.#pending.get(tenant) ?? 0);
    if (used < limit) return;
    this.#parts.metrics.refused('live_tasks');
    throw QuotaExceeded.error(`${used} tasks of ${tenant} are waiting or running; at most ${limit} may be`, {
      retryAfterMs: lookAgainMs,
      details: { quota: 'liveTasks', limit, used },
    });
  }

  #refuseRate(tenant: string, inThisRequest: number): void {
    const { terms, clock, metrics } = this.#parts;
    const limit = terms.of(tenant).tasksPerMinute;
    const rate = { capacity: limit, perSecond: limit / 60 };
    const { allowed, retryAfterMs } = takeToken(this.#bucket(tenant), rate, clock.monotonicMs());
    if (allowed) return;
    metrics.refused('tasks_per_minute');
    const tooMany = inThisRequest >= limit ? `; a single request can never have more than ${limit}` : '';
    throw QuotaExceeded.error(`${tenant} may submit ${limit} tasks per minute${tooMany}`, {
      retryAfterMs,
      details: { quota: 'tasksPerMinute', limit },
    });
  }

  #bucket(tenant: string): RateBucket {
    let bucket = this.#buckets.get(tenant);
    const limit = this.#parts.terms.of(tenant).tasksPerMinute;
    const rate = { capacity: limit, perSecond: limit / 60 };
    if (!bucket) this.#buckets.set(tenant, (bucket = fullBucket(rate, this.#parts.clock.monotonicMs())));
    return bucket;
  }
}
