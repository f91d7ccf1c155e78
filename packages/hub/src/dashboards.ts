import type { PanelRow } from '@reeve/platform';

/** What a hub is looked at for by those who run it. */
export const hubPanels: readonly PanelRow[] = [
  {
    title: 'Queue',
    panels: [
      {
        title: 'Tasks waiting by priority',
        description: 'Tasks that wait for an agent. Alert: more than 1,000 for ten minutes.',
        unit: 'short',
        queries: [{ expression: 'reeve_hub_priority_waiting_tasks', legend: '{{priority}}' }],
      },
      {
        title: 'Oldest task that waits',
        description: 'Grows without end where nobody can do a task that was asked for.',
        unit: 's',
        queries: [{ expression: 'reeve_hub_oldest_waiting_seconds', legend: 'waiting for' }],
      },
      {
        title: 'Wait until a lease',
        description: 'From submission to the first or next lease.',
        unit: 's',
        queries: [0.5, 0.95, 0.99].map((quantile) => ({
          expression: `histogram_quantile(${quantile}, sum by (le) (rate(reeve_hub_wait_seconds_bucket[5m])))`,
          legend: `P${quantile * 100}`,
        })),
      },
      {
        title: 'Tasks in and out',
        description: 'Where more come in than end, the queue grows.',
        unit: 'cps',
        queries: [
          { expression: 'rate(reeve_hub_tasks_submitted_total[5m])', legend: 'submitted' },
          { expression: 'sum(rate(reeve_hub_tasks_ended_total[5m]))', legend: 'ended' },
        ],
      },
      {
        title: 'Load',
        description: 'Live tasks as a share of the most there may be: low work is put back, then refused.',
        unit: 'percentunit',
        queries: [{ expression: 'reeve_hub_load_ratio', legend: 'load' }],
      },
      {
        title: 'Tasks refused',
        description: 'For want of room, before they were acknowledged.',
        unit: 'cps',
        queries: [{ expression: 'sum by (reason) (rate(reeve_hub_tasks_refused_total[5m]))', legend: '{{reason}}' }],
      },
    ],
  },
  {
    title: 'Agents',
    panels: [
      {
        title: 'Agents and readers',
        description: 'Agents connected, those whose circuit breaker is not closed, and followers of the event log.',
        unit: 'short',
        queries: [
          { expression: 'reeve_hub_connected_agents', legend: 'connected' },
          { expression: 'reeve_hub_broken_agents', legend: 'breaker not closed' },
          { expression: 'reeve_hub_event_readers', legend: 'readers of events' },
        ],
      },
      {
        title: 'Leases held',
        description: 'Tasks that agents work on.',
        unit: 'short',
        queries: [{ expression: 'reeve_hub_busy_slots', legend: 'leases' }],
      },
      {
        title: 'Attempts failed',
        description: 'By the code of their error. Alert: more than 5 % of all attempts.',
        unit: 'cps',
        queries: [{ expression: 'sum by (code) (rate(reeve_hub_attempts_failed_total[5m]))', legend: '{{code}}' }],
      },
    ],
  },
];

/** What a hub is looked at for by those whose work it does. */
export const hubBusinessPanels: readonly PanelRow[] = [
  {
    title: 'Work',
    panels: [
      {
        title: 'Tasks by outcome',
        description: 'Tasks ended within the hour before.',
        unit: 'short',
        queries: [{ expression: 'sum by (state) (increase(reeve_hub_tasks_ended_total[1h]))', legend: '{{state}}' }],
      },
      {
        title: 'Tasks that succeed',
        description: 'Share of the tasks that ended within the hour before.',
        unit: 'percentunit',
        queries: [
          {
            expression:
              'sum(increase(reeve_hub_tasks_ended_total{state="succeeded"}[1h])) / (sum(increase(reeve_hub_tasks_ended_total[1h])) > 0)',
            legend: 'succeeded',
          },
        ],
      },
      {
        title: 'Workflows and maps created',
        description: 'Within the hour before.',
        unit: 'short',
        queries: [
          {
            expression:
              'sum by (operation) (increase(reeve_operations_ended_total{operation=~"workflows.create|tasks.map",outcome="done"}[1h]))',
            legend: '{{operation}}',
          },
        ],
      },
    ],
  },
  {
    title: 'Tenants',
    panels: [
      {
        title: 'Tenants at work',
        description: 'Tenants with tasks that have not ended.',
        unit: 'short',
        queries: [{ expression: 'reeve_hub_active_tenants', legend: 'tenants' }],
      },
      {
        title: 'Share of each tenant',
        description: 'Of the tasks that ended within the hour before; the ten largest.',
        unit: 'percentunit',
        queries: [
          {
            expression:
              'topk(10, sum by (tenant) (increase(reeve_hub_tenant_tasks_ended_total[1h])) / scalar(sum(increase(reeve_hub_tenant_tasks_ended_total[1h])) > 0))',
            legend: '{{tenant}}',
          },
        ],
      },
    ],
  },
];
