import type { JsonValue } from '@reeve/kernel';
import type { AgentOffer, AgentState } from '../api/agent.ts';
import type { Backoff, Constraints } from '../api/task.ts';
import { newBreaker, type Breaker } from './breaker.ts';
import type { Figures } from './figures.ts';
import type { HedgeTerms } from './hedge-terms.ts';
import type { IncomingStream } from './incoming-stream.ts';
import type { TaskVerify } from './judged.ts';
import type { Linked } from './lane-queue.ts';
import type { LazyRanking } from './lazy-ranking.ts';
import { matchable, type MatchableOffer, type Standing } from './match.ts';
import type { Tallies } from './proficiency.ts';
import type { RequirementClass } from './requirement-class.ts';
import type { TaskTrace } from './task-trace.ts';
import { Turns } from './turns.ts';

/** The right to make one attempt: to one agent, under one fence. */
export interface Lease {
  readonly fence: number;
  readonly agent: LiveAgent;
  readonly task: LiveTask;
  /** A result came and is being made durable: nothing else may end the attempt meanwhile. */
  settling: boolean;
  /** On the monotonic clock. */
  readonly grantedAtMs: number;
  firstChunkAtMs: number | undefined;
  /** Newest progress the agent reported. */
  progress: JsonValue | undefined;
  /** What came of its stream, when somebody follows it. */
  stream: IncomingStream | undefined;
  /** The other attempt under the same fence, as long as neither has given anything: see hedging.ts. */
  rival: Lease | undefined;
  /** It is the one that counts, and the task was given to another agent first. */
  isMoved: boolean;
}

export function newLease(fence: number, agent: LiveAgent, task: LiveTask, grantedAtMs: number): Lease {
  return {
    fence,
    agent,
    task,
    grantedAtMs,
    firstChunkAtMs: undefined,
    settling: false,
    progress: undefined,
    stream: undefined,
    rival: undefined,
    isMoved: false,
  };
}

/** How a stream that broke off goes on with another agent. */
export interface Resumption {
  /** JSON text. */
  readonly input: string;
  /** In place of those of the task. */
  readonly constraints: Constraints;
}

/** Who reads the stream of an attached task while it is made. */
export interface Follower {
  /**
   * Takes the next chunks, in order. Says when it has room for more by calling `taken(length)` with the UTF-16 units of
   * the chunks it is done with: whole chunks, in order.
   */
  chunks(data: readonly string[], taken: (length: number) => void): void;
  /** Who should have the task if it has room, such as the one that still knows the conversation. */
  readonly preferred?: LiveAgent | undefined;
  /** When it is asked for a second time, if it is a stream that may be. */
  readonly hedge?: HedgeTerms | undefined;
  /** An attempt at it begins. */
  leased?(lease: Lease): void;
  /** It is with this agent: from the lease on, or since that of another under the same fence is not wanted any more. */
  granted?(agent: LiveAgent): void;
  /** A result came and is being made durable. */
  settling(ending: { readonly state: 'succeeded'; readonly output: string }): void;
  /** Its stream broke off with the attempt of an agent. @returns how another goes on with it; undefined when none can. */
  resume?(agentId: string, code: string): Resumption | undefined;
  /** An attempt has failed, and the task waits for another. */
  waitsAgain?(): void;
}

/**
 * A task that has not ended, as the scheduler holds it. Kept small: a million of them wait in memory. The record is in
 * the database; `input` is only a copy while memory allows.
 */
export interface LiveTask extends Linked<LiveTask> {
  readonly seq: number;
  readonly id: string;
  readonly tenant: string;
  readonly kind: string;
  queue: TaskQueue;
  /** Index in `priorities` that is in force: as declared, or critical once the deadline presses (see ageing.ts). */
  priority: number;
  /** Orders the tasks of one tenant: the earliest is next (see ageing.ts). */
  dueAtMs: number;
  readonly submittedAtMs: number;
  /** What it takes of the turns of its tenant (see turns.ts): 1, or what a request to a model is likely to come to. */
  readonly cost: number;
  readonly timeoutMs: number;
  readonly deadlineAtMs: number | undefined;
  maxAttempts: number;
  readonly retry: Backoff;
  attempt: number;
  /** JSON text. */
  input: string | undefined;
  /** What an agent is given in place of the input, since its stream broke off: that is in no record. */
  resumption?: string;
  lease: Lease | undefined;
  /** How what comes of it is judged. */
  verify: TaskVerify | undefined;
  /** Ends as cancelled when its submitter goes. */
  readonly follower: Follower | undefined;
  /** Something of it was given to its follower: from then on another attempt would repeat it. */
  streamed: boolean;
  /** Whose attempt failed last: any other agent is preferred for the next. */
  failedOn: LiveAgent | undefined;
  /** Waits for other tasks of its workflow: it is given to nobody meanwhile. */
  blocked: boolean;
  /** Endings from outside (cancelled, expired) that are being written: meanwhile it is given to nobody. */
  endings: number;
  /** Where it is traced; what was taken up from the record is not. */
  readonly trace: TaskTrace | undefined;
}

/** The tasks of one requirement class that wait for an agent (see class-queue.ts). */
export interface TaskQueue extends Iterable<LiveTask> {
  readonly wanted: RequirementClass;
  /** Under which it stands in the table of all that waits. */
  readonly number: number;
  /** Agents whose offers meet the class, connected or not, by how well they suit it at this moment. */
  readonly qualified: LazyRanking<LiveAgent>;
  /** Of these, the ones whose agenda does not hold this queue because they found it empty. */
  readonly unlisted: Set<LiveAgent>;
  readonly size: number;
  /** The task that is next: of the tenant whose turn came longest ago. */
  readonly first: LiveTask | undefined;
  /** Takes in an agent whose offer meets the class. */
  qualify(agent: LiveAgent): void;
  disqualify(agent: LiveAgent): void;
  push(task: LiveTask): void;
  giveBack(task: LiveTask): void;
  remove(task: LiveTask): void;
  /** Takes a task out because an agent gets it: its tenant has had its turn. */
  take(task: LiveTask): void;
  ahead(task: LiveTask): number;
}

/** What a person decided about an agent, until a person decides otherwise; whether it is connected is another matter. */
export type AgentIntent = 'active' | 'paused' | 'draining';

/** The connection to an agent, as the scheduler sees it. Sending never waits and never throws. */
export interface AgentLink {
  /** Hands over a lease; `input` is JSON text. */
  lease(lease: Lease, input: string): void;
  cancel(taskId: string, fence: number, reason: string): void;
  accepted(taskId: string, fence: number): void;
  lost(taskId: string, fence: number): void;
  credit(taskId: string, fence: number, amount: number): void;
  /** Too much is waiting to be sent: give it nothing new until `agentReady` is called again. */
  readonly congested: boolean;
  /** The agent said that it ends: it finishes what it has, and the next connection under its name is another process. */
  readonly draining: boolean;
  close(code: number, reason: string): void;
}

/** A registered agent, connected or not. */
export interface LiveAgent {
  readonly id: string;
  readonly tenant: string;
  readonly registeredAtMs: number;
  offer: AgentOffer;
  matchable: MatchableOffer;
  intent: AgentIntent;
  link: AgentLink | undefined;
  /** On the monotonic clock: when anything came from it last. Its leases end a time-to-live after that. */
  heardAtMs: number;
  lastSeenAtMs: number | undefined;
  readonly leases: Map<number, Lease>;
  /** Classes with or without waiting tasks that its offer meets. */
  readonly qualifies: Set<TaskQueue>;
  /** Numbers of those in which tasks may wait for it, in the order in which it looks there; some may be empty by now. */
  readonly agenda: number[];
  /** Of these, the ones in whose ranking it stands lower than it may deserve when a slot of it is free again. */
  readonly lowered: Set<TaskQueue>;
  readonly breaker: Breaker;
  /** What was learned of it, by capability. */
  readonly evidence: Map<string, Tallies>;
  /** What was measured of it, by capability. */
  readonly figures: Map<string, Figures>;
  /** How its slots are shared between tenants. */
  readonly turns: Turns;
}

/** An agent as it is before anything has happened to it: not connected, and heard from just now. */
export function newAgent(
  known: Pick<LiveAgent, 'id' | 'tenant' | 'registeredAtMs' | 'offer' | 'intent' | 'heardAtMs' | 'lastSeenAtMs'>,
  breakerOpenings = 0,
): LiveAgent {
  return {
    ...known,
    matchable: matchable(known.offer),
    link: undefined,
    leases: new Map(),
    qualifies: new Set(),
    agenda: [],
    lowered: new Set(),
    breaker: newBreaker(breakerOpenings),
    evidence: new Map(),
    figures: new Map(),
    turns: new Turns(),
  };
}

export function stateOf(agent: LiveAgent): AgentState {
  if (agent.intent === 'paused') return 'paused';
  if (!agent.link) return 'offline';
  return agent.intent === 'draining' || agent.link.draining ? 'draining' : 'online';
}

/** Tasks it can take at this moment; one alone while its breaker is half-open, to try it. */
export function freeSlots(agent: LiveAgent): number {
  const { link, breaker } = agent;
  if (agent.intent !== 'active' || !link || link.draining || link.congested || breaker.state === 'open') return 0;
  const slots = breaker.state === 'halfOpen' ? 1 : agent.offer.slots;
  return Math.max(0, slots - agent.leases.size);
}

/** An agent as the choice among those that qualify looks at it. */
export function standingOf({ matchable: offer, offer: { slots }, figures }: LiveAgent, free: number): Standing {
  return { offer, slots, freeSlots: free, figures };
}
