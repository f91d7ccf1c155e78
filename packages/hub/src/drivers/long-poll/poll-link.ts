import type { JsonValue } from '@reeve/kernel';
import type { z } from 'zod';
import { closeCodes, type Lease as LeaseFrame } from '../../api/protocol.ts';
import type { AgentLink, Lease, LiveAgent } from '../../domain/live.ts';
import { AgentNotRunnable, LeaseLost, PollReplaced } from '../../errors.ts';

/** A lease as an answer carries it. */
export type TakenLease = Omit<z.output<typeof LeaseFrame>, 'type'>;

export interface PollLinkParts {
  readonly agentReady: (agent: LiveAgent) => void;
  readonly disconnected: (agent: LiveAgent, link: AgentLink) => void;
}

interface Poll {
  readonly answer: PromiseWithResolvers<readonly TakenLease[]>;
  readonly timer: NodeJS.Timeout;
  /** Its time is over; it is answered as soon as no lease is on its way to it. */
  due: boolean;
  flushing: boolean;
}

/**
 * The link to an agent that has no connection, only requests. It takes leases while one of them waits, and is congested
 * otherwise; what came too late for one request is answered to the next.
 */
export class PollLink implements AgentLink {
  readonly draining = false;
  readonly #parts: PollLinkParts;
  #agent: LiveAgent | undefined;
  #poll: Poll | undefined;
  /** Given to the agent, but in no answer yet. */
  #waiting: TakenLease[] = [];
  /** Fences of leases the agent knows of. */
  #known = new Set<number>();
  readonly #reports = new Map<number, PromiseWithResolvers<void>>();
  #closed: Error | undefined;

  constructor(parts: PollLinkParts) {
    this.#parts = parts;
  }

  get congested(): boolean {
    return this.#poll === undefined;
  }

  /** Whether a request waits: that alone is a sign of life. */
  get waits(): boolean {
    return this.#poll !== undefined;
  }

  /** The agent whose link this is, and what it still works on. From here on it may take. */
  serve(agent: LiveAgent, holding: readonly { readonly fence: number }[]): void {
    this.#agent = agent;
    this.#known = new Set(holding.map(({ fence }) => fence));
  }

  /** Whether the agent cannot know of a lease it holds, for no answer has carried it. */
  isUntold({ fence }: Lease): boolean {
    return !this.#known.has(fence);
  }

  /**
   * The leases that are given to the agent within `waitMs`, at least one if any is; none when the signal is aborted.
   * @throws ReeveError `poll_replaced` when a newer request comes, `agent_state_conflict` when the agent is removed.
   */
  take(waitMs: number, signal: AbortSignal): Promise<readonly TakenLease[]> {
    this.#refuse(PollReplaced.error('a newer request waits for the work of this agent'));
    if (this.#closed) return Promise.reject(this.#closed);
    for (const fence of this.#known) if (!this.#agent!.leases.has(fence)) this.#known.delete(fence);
    const answer = Promise.withResolvers<readonly TakenLease[]>();
    const release = (): void => this.#answer(poll);
    const timer = setTimeout(() => this.#due(poll), waitMs);
    const poll: Poll = { answer, timer, due: false, flushing: false };
    this.#poll = poll;
    signal.addEventListener('abort', release, { once: true });
    if (this.#waiting.length > 0 || signal.aborted) release();
    else this.#parts.agentReady(this.#agent!);
    return answer.promise.finally(() => signal.removeEventListener('abort', release));
  }

  /** Leases of an answer that nobody was there to take any more: the next request gets them. */
  putBack(leases: readonly TakenLease[]): void {
    for (const { fence } of leases) this.#known.delete(fence);
    this.#waiting.unshift(...leases.filter(({ fence }) => this.#agent!.leases.has(fence)));
  }

  /** Answers the request that waits, with what there is. */
  release(): void {
    if (this.#poll) this.#answer(this.#poll);
  }

  /**
   * Waits until a report under the fence is durable.
   * @throws ReeveError `lease_lost`; `agent_state_conflict` when the agent is removed or connects otherwise meanwhile.
   */
  reported(fence: number): Promise<void> {
    let report = this.#reports.get(fence);
    if (!report) this.#reports.set(fence, (report = Promise.withResolvers<void>()));
    return report.promise;
  }

  lease({ fence, task }: Lease, input: string): void {
    const { id: taskId, kind, attempt, timeoutMs, deadlineAtMs } = task;
    const capability = task.queue.wanted.requires[0]!.name;
    const facts = { taskId, fence, attempt, kind, capability, timeoutMs };
    const deadline = deadlineAtMs === undefined ? {} : { deadlineAtMs };
    const trace = task.trace === undefined ? {} : { traceparent: task.trace.span.traceparent };
    this.#waiting.push({ ...facts, ...deadline, ...trace, input: JSON.parse(input) as JsonValue });
    const poll = this.#poll;
    if (!poll || poll.flushing) return;
    poll.flushing = true;
    setImmediate(() => this.#answer(poll)); // with all that are given in this turn
  }

  /** Told by refusing the next heartbeat. */
  cancel(_taskId: string, fence: number): void {
    this.#waiting = this.#waiting.filter((lease) => lease.fence !== fence);
    if (this.#poll?.due) this.#due(this.#poll);
  }

  accepted(_taskId: string, fence: number): void {
    this.#reports.get(fence)?.resolve();
    this.#reports.delete(fence);
  }

  lost(_taskId: string, fence: number): void {
    this.#reports.get(fence)?.reject(LeaseLost.error('the lease expired, was cancelled, or the task ended otherwise'));
    this.#reports.delete(fence);
  }

  /** An agent without a connection sends no stream. */
  credit(): void {}

  close(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = (code === closeCodes.replaced ? PollReplaced : AgentNotRunnable).error(reason);
    this.#refuse(this.#closed);
    for (const report of this.#reports.values()) report.reject(this.#closed);
    this.#reports.clear();
    if (this.#agent) this.#parts.disconnected(this.#agent, this);
  }

  #refuse(error: Error): void {
    clearTimeout(this.#poll?.timer);
    this.#poll?.answer.reject(error);
    this.#poll = undefined;
  }

  /** The time is over: answers, unless the input of a lease is still being read. */
  #due(poll: Poll): void {
    poll.due = true;
    const told = new Set([...this.#known, ...this.#waiting.map(({ fence }) => fence)]);
    for (const fence of this.#agent!.leases.keys()) if (!told.has(fence)) return;
    this.#answer(poll);
  }

  #answer(poll: Poll): void {
    if (this.#poll !== poll) return;
    clearTimeout(poll.timer);
    this.#poll = undefined;
    const leases = this.#waiting.splice(0);
    for (const { fence } of leases) this.#known.add(fence);
    poll.answer.resolve(leases);
  }
}
