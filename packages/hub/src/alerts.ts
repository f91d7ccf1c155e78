import type { AlertRule } from '@reeve/platform';

const minute = 60_000;

/** Of the attempts of five minutes, those that failed; none without attempts. */
const failedAttempts = 'sum(rate(reeve_hub_attempts_failed_total[5m]))';
const succeededAttempts = 'sum(rate(reeve_hub_tasks_ended_total{state="succeeded"}[5m]) or vector(0))';

/** What is watched of a hub (HB-16). */
export const hubAlerts: readonly AlertRule[] = [
  {
    name: 'HubCpuHigh',
    summary: 'The hub uses more than 80 % of its processors',
    condition: 'rate(process_cpu_seconds_total[1m]) / reeve_process_available_cpus > 0.8',
    forMs: 5 * minute,
    severity: 'warning',
    action: 'See what the load is made of; give the hub more processors or its callers lower limits.',
    owner: 'operations',
    runbook: 'docs/runbooks/cpu.md',
  },
  {
    name: 'HubMemoryHigh',
    summary: 'The hub uses more than 85 % of the memory it may have',
    condition: 'process_resident_memory_bytes / reeve_process_memory_limit_bytes > 0.85',
    forMs: 3 * minute,
    severity: 'critical',
    action: 'See whether queued tasks or readers of events hold it; restart in order before the system kills it.',
    owner: 'operations',
    runbook: 'docs/runbooks/memory.md',
  },
  {
    name: 'AgentFailureRateHigh',
    summary: 'More than 5 % of the attempts of the last five minutes failed',
    condition: `${failedAttempts} / ((${failedAttempts} + ${succeededAttempts}) > 0) > 0.05`,
    forMs: 0,
    severity: 'critical',
    action: 'Find the code and the agent of the failures; pause an agent that fails everything.',
    owner: 'agents',
    runbook: 'docs/runbooks/agent-failures.md',
  },
  {
    name: 'BacklogHigh',
    summary: 'More than 1,000 tasks wait for an agent',
    condition: 'reeve_hub_waiting_tasks > 1000',
    forMs: 10 * minute,
    severity: 'warning',
    action: 'Ask why the oldest wait, and bring up agents that can do them.',
    owner: 'agents',
    runbook: 'docs/runbooks/backlog.md',
  },
];
