/** What a figure has to reach: `must` or the work is not done, `lead` to be ahead of every peer known. */
export interface Target {
  readonly what: string;
  /** Where the figure is: `bench/results/<result>.json`, a measurement in it, and a row of that. */
  readonly result: string;
  readonly measurement: string;
  readonly row: string;
  readonly figure: string;
  /** `difference`, `ratio`: to the first row of its measurement, in the same round. */
  readonly as: 'median' | 'difference' | 'ratio';
  readonly better: 'more' | 'less';
  readonly unit: string;
  readonly must: number;
  readonly lead?: number;
}

const gateway = { result: 'gateway' } as const;
const hub = { result: 'hub', row: 'reeve', as: 'median' } as const;
const scale = { result: 'scale', measurement: 'scale', row: 'reeve', as: 'median', better: 'less' } as const;
const dispatch = { result: 'dispatch', better: 'less' } as const;
const match = { ...dispatch, measurement: 'match', row: 'reeve', as: 'median' } as const;
const start = { result: 'start', measurement: 'start', row: 'reeve', as: 'median', better: 'less' } as const;

function perDurability(durability: 'sync' | 'group'): Target[] {
  const row = `reeve (${durability})`;
  const shared = { ...gateway, row };
  return [
    {
      ...shared,
      what: `gateway, added p50 at 1 connection, ${durability}`,
      measurement: `latency-${durability}`,
      figure: 'p50Ms',
      as: 'difference',
      better: 'less',
      unit: 'ms',
      must: 1,
      lead: 0.4,
    },
    {
      ...shared,
      what: `gateway, chat requests per second, ${durability}`,
      measurement: `requests-${durability}`,
      figure: 'requestsPerSecond',
      as: 'median',
      better: 'more',
      unit: '/s',
      must: 1_500,
      lead: 2_500,
    },
    {
      ...shared,
      what: `gateway, CPU per chat request, ${durability}`,
      measurement: `requests-${durability}`,
      figure: 'cpuMsPerRequest',
      as: 'median',
      better: 'less',
      unit: 'ms',
      must: Infinity,
      lead: 0.5,
    },
    {
      ...shared,
      what: `gateway, streamed chunks per second, ${durability}`,
      measurement: `chunks-${durability}`,
      figure: 'chunksPerSecond',
      as: 'median',
      better: 'more',
      unit: '/s',
      must: 30_000,
      lead: 50_000,
    },
  ];
}

export const targets: readonly Target[] = [
  {
    ...hub,
    what: 'durable tasks per second, embedded, bulk',
    measurement: 'bulk',
    figure: 'tasksPerSecond',
    better: 'more',
    unit: '/s',
    must: 20_000,
    lead: 45_000,
  },
  {
    ...hub,
    what: 'durable tasks per second, one by one over HTTP from 64 clients',
    measurement: 'oneByOne',
    figure: 'tasksPerSecond',
    better: 'more',
    unit: '/s',
    must: 4_000,
    lead: 9_000,
  },
  {
    ...hub,
    what: 'pick-up of one task on an idle hub, p50',
    measurement: 'pickUp',
    figure: 'p50Ms',
    better: 'less',
    unit: 'ms',
    must: 2,
    lead: 0.9,
  },
  {
    ...hub,
    what: 'pick-up of one task on an idle hub, p99',
    measurement: 'pickUp',
    figure: 'p99Ms',
    better: 'less',
    unit: 'ms',
    must: 6,
    lead: 2.5,
  },
  {
    ...hub,
    result: 'hub-postgres',
    what: 'durable tasks per second on PostgreSQL, bulk',
    measurement: 'bulk',
    figure: 'tasksPerSecond',
    better: 'more',
    unit: '/s',
    must: 3_000,
    lead: 14_000,
  },
  { ...scale, what: 'memory of a queued task beside its input', figure: 'bytesPerTask', unit: 'bytes', must: 1_024 },
  {
    ...scale,
    what: 'restart with 1,000,000 queued tasks to the first dispatch',
    figure: 'firstDispatchMs',
    unit: 'ms',
    must: 5_000,
  },
  {
    ...dispatch,
    what: 'dispatch among 10,000 agents, 1,000 capabilities and 1,000,000 tasks, beside 10, 10 and 1,000',
    measurement: 'dispatch',
    row: '10000 agents, 1000 capabilities, 1000000 tasks',
    figure: 'p50Us',
    as: 'ratio',
    unit: '×',
    must: 2,
  },
  { ...match, what: 'match among 1,000 nodes, p50', figure: 'p50Us', unit: 'µs', must: Infinity, lead: 20 },
  { ...match, what: 'match among 1,000 nodes, p99', figure: 'p99Us', unit: 'µs', must: 500, lead: 100 },
  {
    ...hub,
    result: 'fairness',
    what: "one tenant floods 100 ×, Jain's index",
    measurement: 'fairness',
    figure: 'jainIndex',
    better: 'more',
    unit: '',
    must: 0.95,
    lead: 0.99,
  },
  ...perDurability('group'),
  ...perDurability('sync'),
  { ...start, what: 'start to ready', figure: 'readyMs', unit: 'ms', must: 2_000, lead: 700 },
  { ...start, what: 'start to first answered request', figure: 'firstAnswerMs', unit: 'ms', must: 3_000 },
  { ...start, what: 'idle resident memory', figure: 'idleMegabytes', unit: 'MiB', must: 150, lead: 90 },
];
