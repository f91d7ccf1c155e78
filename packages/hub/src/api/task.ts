import { EpochMs, Json, Labels, MicroUsd, Name, plainText, Token, Uuid } from '@reeve/kernel';
import { z } from 'zod';
import { ShownVerify, Verify } from './verify.ts';
import { CapabilityName, Proficiency, Region } from './agent.ts';

/** Largest output of a task, as JSON text in UTF-8; agents check it before they send one. */
export const outputLimitBytes = 256 * 1024;

export const Priority = z.enum(['critical', 'high', 'medium', 'low']);
export type Priority = z.output<typeof Priority>;

/**
 * `blocked` waits for other tasks of its workflow, `scheduled` for its time or its next attempt, `queued` for an agent;
 * `leased` is with an agent. The others are end states: `succeeded`; `dead` (attempts used up or failed for good; can be
 * replayed); `cancelled`; `expired` (deadline passed).
 */
export const TaskState = z.enum([
  'blocked',
  'scheduled',
  'queued',
  'leased',
  'succeeded',
  'dead',
  'cancelled',
  'expired',
]);
export type TaskState = z.output<typeof TaskState>;

export const endStates: ReadonlySet<TaskState> = new Set(['succeeded', 'dead', 'cancelled', 'expired']);

/** A capability the agent must have, at least this well. */
export const Requirement = z.object({ name: CapabilityName, minProficiency: Proficiency.default(0) });
export type Requirement = z.output<typeof Requirement>;

/**
 * How the agent is chosen among those that satisfy everything: the lowest price, the fastest answers as they were
 * measured, the highest proficiency, or a balance of these and of load. Without one, proficiency, load and price count.
 */
export const Policy = z.enum(['cheapest', 'fastest', 'best', 'balanced']);
export type Policy = z.output<typeof Policy>;

const tokens = z.int().nonnegative().max(1_000_000_000);
const agentNames = z.array(Name).min(1).max(50);

/** What else an agent must satisfy; every one of them, at once. */
export const Constraints = z.object({
  maxPriceMicroUsd: MicroUsd.optional(),
  /** Of work counted in tokens: ceilings of its prices, in micro-USD per million tokens. */
  maxPriceInputMicroUsd: MicroUsd.optional(),
  maxPriceOutputMicroUsd: MicroUsd.optional(),
  /** At the prices of the agent, so many tokens in and out must not cost more. */
  cost: z.object({ inputTokens: tokens, outputTokens: tokens, maxMicroUsd: MicroUsd }).optional(),
  /** Names of agents: only one of these, or none of these. */
  agents: z.object({ only: agentNames.optional(), avoid: agentNames.optional() }).optional(),
  /** Labels the agent must carry with exactly these values. */
  labels: Labels.optional(),
  region: Region.optional(),
  minStakeMicroUsd: MicroUsd.optional(),
  policy: Policy.optional(),
});
export type Constraints = z.output<typeof Constraints>;

const durationMs = z
  .int()
  .min(1)
  .max(7 * 24 * 3_600_000);

export const Backoff = z.object({
  initialDelayMs: z.int().min(0).max(3_600_000).default(1_000),
  factor: z.number().min(1).max(10).default(2),
  maxDelayMs: z
    .int()
    .min(0)
    .max(24 * 3_600_000)
    .default(60_000),
  jitter: z.number().min(0).max(1).default(0.5),
});
export type Backoff = z.output<typeof Backoff>;

export const TaskSubmission = z.object({
  /** What kind of work it is, for people and statistics. */
  kind: plainText(100).min(1).default('task'),
  /** Any JSON value; as text at most what the hub is configured for, 256 KiB by default. */
  input: Json.default(null),
  requires: z
    .array(Requirement)
    .min(1)
    .max(20)
    .refine(
      (list) => list.length === 1 || new Set(list.map(({ name }) => name)).size === list.length,
      'each capability only once',
    ),
  constraints: Constraints.default({}),
  priority: Priority.default('medium'),
  /** Not before this time. */
  runAtMs: EpochMs.optional(),
  /** Worthless after this time: it ends as `expired`. */
  deadlineAtMs: EpochMs.optional(),
  /** Longest time of one attempt; the hub's default when not given. */
  timeoutMs: durationMs.optional(),
  /** Attempts in all; the hub's default when not given. */
  maxAttempts: z.int().min(1).max(100).optional(),
  backoff: Backoff.optional(),
  verify: Verify.optional(),
  labels: Labels.default({}),
  /** The same key with the same task gives the task that exists; with another task it is refused. */
  idempotencyKey: Token.optional(),
  /** Accept capabilities that no agent has declared yet. */
  allowUnknown: z.boolean().default(false),
});
export type TaskSubmission = z.output<typeof TaskSubmission>;

/** Why an attempt failed. */
export const TaskError = z.object({
  code: z.string().max(100),
  message: z.string().max(4_000),
  retryable: z.boolean(),
  details: z.record(z.string(), Json).optional(),
});
export type TaskError = z.output<typeof TaskError>;

export const Task = z.object({
  id: Uuid,
  tenant: z.string(),
  kind: z.string(),
  state: TaskState,
  priority: Priority,
  requires: z.array(Requirement),
  constraints: Constraints,
  labels: Labels,
  /** Attempts begun so far; the current one while `leased`. */
  attempt: z.int(),
  maxAttempts: z.int(),
  timeoutMs: z.int(),
  /** Fencing token of the newest lease. */
  fence: z.int().optional(),
  agentId: Uuid.optional(),
  input: Json,
  verify: ShownVerify.optional(),
  output: Json.optional(),
  /** Newest progress its agent reported, while it runs. */
  progress: Json.optional(),
  /** Of the last attempt that failed. */
  error: TaskError.optional(),
  submittedAtMs: EpochMs,
  leasedAtMs: EpochMs.optional(),
  finishedAtMs: EpochMs.optional(),
  runAtMs: EpochMs.optional(),
  deadlineAtMs: EpochMs.optional(),
});
export type Task = z.output<typeof Task>;

/** A task in a list: without its payloads. */
export const TaskSummary = Task.omit({ input: true, verify: true, output: true, progress: true });
export type TaskSummary = z.output<typeof TaskSummary>;
