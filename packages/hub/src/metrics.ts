import type { Metrics } from '@reeve/platform';
import type { Priority, TaskState } from './api/task.ts';

/** Tenants that are kept apart in the metrics. */
const tenantsAtMost = 200;

/** What the hub counts. Each call costs an addition; nothing is allocated. */
export interface HubMetrics {
  submitted(count: number): void;
  ended(state: TaskState, tenant: string): void;
  /** A task was refused for want of room: `full`, `low_shed`, `live_tasks` or `tasks_per_minute`. */
  refused(reason: string): void;
  breakerOpened(): void;
  attemptFailed(code: string): void;
  /** What became of a hedge that was due: `begun`, then `won` or `lost`; or why there was none. */
  hedge(outcome: HedgeOutcome): void;
  /** Work that somebody waits for failed, and was tried again or, for its retry budget, not. */
  retried(allowed: boolean): void;
  /** A task was handed over after waiting this long since it was submitted. */
  waited(ms: number): void;
  /** A report under a fence that is not the newest was refused. */
  lateReport(): void;
  protocolViolation(): void;
  /** Tells where the gauges are read. */
  watch(gauges: HubGauges): void;
}

type HedgeOutcome = 'begun' | 'won' | 'lost' | 'no_agent' | 'too_many' | 'retry_budget';

/** Read at each scrape. */
export interface HubGauges {
  waiting(): number;
  waitingByPriority(): Readonly<Record<Priority, number>>;
  /** For how long the oldest task that waits has waited; 0 without any. */
  oldestWaitingMs(): number;
  live(): number;
  /** Tenants with tasks that have not ended. */
  activeTenants(): number;
  /** Share of the capacity in use, 0..1. */
  load(): number;
  connectedAgents(): number;
  busySlots(): number;
  /** Agents whose circuit breaker is not closed. */
  openBreakers(): number;
  eventReaders(): number;
}

export function createHubMetrics(metrics: Metrics): HubMetrics {
  const area = 'hub';
  const submitted = metrics.counter({ area, what: 'tasks_submitted', help: 'Tasks accepted' }).child();
  const ended = metrics.counter({ area, what: 'tasks_ended', help: 'Tasks ended', labels: ['state'] });
  const endedOf = metrics.counter({
    area,
    what: 'tenant_tasks_ended',
    help: 'Tasks ended, by tenant; those of tenants beyond the bound are counted as other',
    labels: ['tenant'],
    maxChildren: tenantsAtMost,
  });
  const failed = metrics.counter({ area, what: 'attempts_failed', help: 'Attempts failed', labels: ['code'] });
  const retries = metrics.counter({
    area,
    what: 'retries',
    help: 'Attempts that failed while somebody waited: tried again, or refused by the retry budget',
    labels: ['outcome'],
  });
  const hedges = metrics.counter({
    area,
    what: 'hedges',
    help: 'Streams that were late in beginning: asked for a second time, which of the two counted, or why only once',
    labels: ['outcome'],
  });
  const refused = metrics.counter({
    area,
    what: 'tasks_refused',
    help: 'Tasks refused for want of room, before they were acknowledged',
    labels: ['reason'],
  });
  const breakers = metrics
    .counter({ area, what: 'breakers_opened', help: 'Circuit breakers of agents that opened' })
    .child();
  const waited = metrics
    .histogram({ area, what: 'wait', unit: 'seconds', help: 'From submission to the first or next lease' })
    .child();
  const late = metrics.counter({ area, what: 'late_reports', help: 'Reports refused for their fence' }).child();
  const violations = metrics.counter({ area, what: 'protocol_violations', help: 'Agent connections closed' }).child();
  return {
    submitted: (count) => submitted.inc(count),
    ended(state, tenant) {
      ended.child(state).inc();
      endedOf.child(tenant).inc();
    },
    hedge: (outcome) => hedges.child(outcome).inc(),
    retried: (allowed) => retries.child(allowed ? 'allowed' : 'refused').inc(),
    refused: (reason) => refused.child(reason).inc(),
    breakerOpened: () => breakers.inc(),
    attemptFailed: (code) => failed.child(code).inc(),
    waited: (ms) => waited.observe(ms / 1_000),
    lateReport: () => late.inc(),
    protocolViolation: () => violations.inc(),
    watch: (gauges) => watchGauges(metrics, gauges),
  };
}

function watchGauges(metrics: Metrics, gauges: HubGauges): void {
  const area = 'hub';
  watchQueue(metrics, gauges);
  metrics.sampledGauge({ area, what: 'live', unit: 'tasks', help: 'Tasks that have not ended', read: gauges.live });
  metrics.sampledGauge({
    area,
    what: 'load',
    unit: 'ratio',
    help: 'Live tasks as a share of the most there may be',
    read: gauges.load,
  });
  metrics.sampledGauge({
    area,
    what: 'connected',
    unit: 'agents',
    help: 'Agents connected',
    read: gauges.connectedAgents,
  });
  metrics.sampledGauge({
    area,
    what: 'broken',
    unit: 'agents',
    help: 'Agents whose circuit breaker is open or half-open',
    read: gauges.openBreakers,
  });
  metrics.sampledGauge({
    area,
    what: 'event',
    unit: 'readers',
    help: 'Followers of the event log',
    read: gauges.eventReaders,
  });
  metrics.sampledGauge({ area, what: 'busy', unit: 'slots', help: 'Leases held by agents', read: gauges.busySlots });
}

function watchQueue(metrics: Metrics, gauges: HubGauges): void {
  const area = 'hub';
  metrics.sampledGauge({
    area,
    what: 'waiting',
    unit: 'tasks',
    help: 'Tasks that wait for an agent',
    read: gauges.waiting,
  });
  metrics.sampledGauges({
    area,
    what: 'priority_waiting',
    unit: 'tasks',
    help: 'Tasks that wait for an agent, by priority',
    label: 'priority',
    read: gauges.waitingByPriority,
  });
  metrics.sampledGauge({
    area,
    what: 'oldest_waiting',
    unit: 'seconds',
    help: 'For how long the oldest task that waits has waited',
    read: () => gauges.oldestWaitingMs() / 1_000,
  });
  metrics.sampledGauge({
    area,
    what: 'active',
    unit: 'tenants',
    help: 'Tenants with tasks that have not ended',
    read: gauges.activeTenants,
  });
}
