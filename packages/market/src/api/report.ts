import { defineOperation, EpochMs, MalformedRequest, MicroUsd, Name, PageQuery } from '@reeve/kernel';
import { z } from 'zod';

const Day = z.iso.date();

/** Whole micro-USD in decimal digits; below zero with a minus. */
const Balance = z.string().regex(/^-?\d{1,20}$/);

const costMember = '(?:perHour|energyPrice|watts|gas|stake):\\d{1,15}';

/**
 * What a host pays, in one word: `gpu-1=perHour:350000,energyPrice:300000,watts:700,gas:0,stake:0`; what is left out is 0,
 * and `*` stands for hosts that are not named. Micro-USD: of an hour of the machine, of a kilowatt-hour, and for gas and
 * stake over the whole time of the report.
 */
export const HostCost = z
  .string()
  .regex(new RegExp(`^[^=]{1,100}=${costMember}(?:,${costMember})*$`), 'must be HOST=perHour:1,energyPrice:2,watts:3');

const Concentration = z.object({
  /** Of those with revenue. */
  holders: z.int(),
  /** Share of the tenth that has most, 0..1. */
  topTenthShare: z.number(),
  /** Herfindahl–Hirschman index, up to 10,000; above 1,800 is highly concentrated. */
  herfindahl: z.int(),
});

const Costs = z.object({
  machineMicroUsd: MicroUsd,
  energyMicroUsd: MicroUsd,
  gasMicroUsd: MicroUsd,
  stakeMicroUsd: MicroUsd,
  profitMicroUsd: Balance,
});

const ReportLine = z.object({
  /** Of the node, the model or the key. */
  name: z.string(),
  /** Answers, whole or in part. */
  answers: z.int(),
  promptTokens: z.int(),
  completionTokens: z.int(),
  /** Exact sum, rounded down once; as nothing is settled yet, what one side owes the other. */
  revenueMicroUsd: MicroUsd,
  /** Of hosts only: nobody knows which part of a machine a model or a key is. */
  costs: Costs.optional(),
  /** So much is above the limit of exposure. */
  overLimitMicroUsd: MicroUsd.optional(),
});
export type ReportLine = z.output<typeof ReportLine>;

const IdleNode = z.object({
  node: Name,
  /** Absent when it served nothing since the first day of the report. */
  lastServedAtMs: EpochMs.optional(),
  idleMs: z.int(),
  /** What the machine and its energy came to since. */
  costMicroUsd: MicroUsd,
});

export const showReport = defineOperation({
  name: 'market.report',
  summary:
    'Revenue and profit by host, model or key, how concentrated they are, who owes too much, and which hosts are idle',
  description:
    'Revenue is that of receipts that the hub agrees with. Costs are those that are given: a machine is taken to run from its registration, or the first day, to the last.',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/market/report' },
  input: z.object({
    ...PageQuery,
    by: z.enum(['node', 'model', 'key']).default('node'),
    /** First and last day, in UTC; the last 30 days when not given. */
    from: Day.optional(),
    to: Day.optional(),
    costs: z.array(HostCost).max(100).default([]),
    /** What one counterparty may owe at most. */
    exposureLimitMicroUsd: MicroUsd.optional(),
    /** A host that is online and served nothing for so long is idle. */
    idleAfterMs: z.int().min(60_000).default(86_400_000),
  }),
  output: z.object({
    from: Day,
    to: Day,
    /** Exact sum over all lines, rounded down once. */
    revenueMicroUsd: MicroUsd,
    concentration: Concentration,
    /** False when there are more than 10,000: the smallest are left out of sums and shares. */
    complete: z.boolean(),
    /** The largest revenue first. */
    items: z.array(ReportLine),
    nextCursor: z.string().optional(),
    /** By host only. Up to 100, the longest idle first: they could be turned off until they are needed. */
    idle: z.array(IdleNode).optional(),
  }),
  errors: [MalformedRequest],
  examples: [
    {
      title: 'Profit of each host in a month',
      input: {
        from: '2026-11-01',
        costs: ['*=perHour:350000,energyPrice:300000,watts:700'],
      },
    },
  ],
});
