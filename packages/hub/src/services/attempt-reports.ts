import type { Database, Logger } from '@reeve/platform';
import type { Clock, JsonValue } from '@reeve/kernel';
import { agentProtocol } from '../api/protocol.ts';
import { outputLimitBytes, type TaskError } from '../api/task.ts';
import { IncomingStream, unitsOf } from '../domain/incoming-stream.ts';
import type { Lease, LiveAgent } from '../domain/live.ts';
import type { HubMetrics } from '../metrics.ts';
import { selectTaskFence } from '../store/read-tasks.ts';
import type { TasksTable } from '../store/tables.ts';
import type { Hedging } from './hedging.ts';
import type { Maps } from './maps.ts';
import { holds, type Settlement } from './settlement.ts';
import type { Verification } from './verification.ts';

/** Pause before work that an agent gave back is offered again, so that an agent that declines everything does not spin. */
const declinedDelayMs = 1_000;

/** Most of an error's details, and of a progress, that is kept, as JSON text. */
const factsLimitLength = 16 * 1024;

export interface AttemptReportsParts {
  readonly settlement: Settlement;
  readonly hedging: Hedging;
  readonly maps: Pick<Maps, 'wrongResult' | 'withRemedy'>;
  readonly verification: Verification;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: HubMetrics;
}

/** What agents report about their attempts. Every report is checked against the fence before anything else. */
export class AttemptReports {
  readonly #parts: AttemptReportsParts;
  /** Leases of each agent that are being looked up because a report came without them. */
  readonly #lookedUp = new WeakMap<LiveAgent, Set<number>>();

  constructor(parts: AttemptReportsParts) {
    this.#parts = parts;
  }

  succeeded(agent: LiveAgent, taskId: string, fence: number, output: JsonValue): void {
    const lease = holds(agent, taskId, fence);
    if (!lease) return this.#late(agent, taskId, fence, 'succeeded');
    const text = JSON.stringify(output);
    const { maps, verification } = this.#parts;
    const error = maps.wrongResult(taskId, output) ?? tooLarge(text) ?? verification.judge(lease, output);
    if (error) this.#parts.settlement.fail(lease, maps.withRemedy(taskId, error));
    else this.#parts.settlement.succeed(lease, text);
  }

  failed(agent: LiveAgent, taskId: string, fence: number, error: TaskError): void {
    const lease = holds(agent, taskId, fence);
    if (!lease) return this.#late(agent, taskId, fence, 'dead');
    this.#parts.settlement.fail(lease, this.#parts.maps.withRemedy(taskId, bounded(error)));
  }

  declined(agent: LiveAgent, taskId: string, fence: number, reason: string): void {
    const lease = holds(agent, taskId, fence);
    if (!lease) return this.#late(agent, taskId, fence);
    this.#parts.settlement.decline(lease, { code: 'declined', message: reason, retryable: true }, declinedDelayMs);
  }

  progress(agent: LiveAgent, taskId: string, fence: number, value: JsonValue): void {
    const lease = holds(agent, taskId, fence);
    if (lease) lease.progress = boundedFacts(value, 'progress');
    else this.#late(agent, taskId, fence);
  }

  /**
   * Stream chunks, passed on as they are; those nobody follows are credited and dropped, in whatever order they come. A
   * gap, or more than credit allows, means that the stream is not what the agent made or that it heeds no flow control:
   * the attempt fails rather than pass on a wrong text, or pile up what the follower has not taken.
   */
  chunks(agent: LiveAgent, taskId: string, fence: number, index: number, data: readonly string[]): void {
    const lease = holds(agent, taskId, fence);
    if (!lease) return this.#late(agent, taskId, fence);
    const { task } = lease;
    if (!task.follower) return agent.link?.credit(taskId, fence, unitsOf(data));
    if (!lease.stream) {
      lease.stream = new IncomingStream(agentProtocol.initialCredit);
      lease.firstChunkAtMs = this.#parts.clock.monotonicMs();
      this.#parts.hedging.firstChunk(lease);
    }
    const { stream } = lease;
    const intake = stream.receive(index, data);
    if ('fault' in intake) return this.#broken(lease, intake.fault);
    if (intake.credit > 0) agent.link?.credit(taskId, fence, intake.credit);
    if (intake.fresh.length === 0) return;
    task.streamed = true;
    task.follower.chunks(intake.fresh, (length) => {
      stream.taken(length);
      if (task.lease === lease) agent.link?.credit(taskId, fence, length);
    });
  }

  #broken(lease: Lease, message: string): void {
    lease.agent.link?.cancel(lease.task.id, lease.fence, message);
    this.#parts.settlement.giveUp(lease, { code: 'stream_broken', message, retryable: true });
  }

  /**
   * A report without a lease: either the answer to a result was lost on the way and the agent brings it again, or the
   * lease is. The record decides: `accepted` is said again only for what this agent delivered under this fence. However
   * fast an agent goes on reporting, the record is asked about a fence once at a time.
   */
  #late(agent: LiveAgent, taskId: string, fence: number, delivered?: 'succeeded' | 'dead'): void {
    const settling = this.#parts.settlement.settling(fence);
    if (settling === 'agent') return;
    if (settling === 'hub') return this.#lost(agent, taskId, fence);
    const lookedUp = this.#lookedUpOf(agent);
    if (delivered === undefined && lookedUp.has(fence)) return;
    lookedUp.add(fence);
    this.#parts.database
      .read<LastLease>(selectTaskFence.bind({ id: taskId }))
      .then(([row]) => {
        const own = row?.fence === fence && row.agent_id === agent.id;
        if (own && row.state === delivered) return agent.link?.accepted(taskId, fence);
        if (own && row.state === 'leased') return; // its lease is being written, or taken over after a restart
        this.#lost(agent, taskId, fence);
      })
      .catch((error: unknown) => {
        this.#parts.log.warn({ taskId, fence, err: error }, 'a late report could not be looked up');
      })
      .finally(() => lookedUp.delete(fence));
  }

  #lookedUpOf(agent: LiveAgent): Set<number> {
    let fences = this.#lookedUp.get(agent);
    if (!fences) this.#lookedUp.set(agent, (fences = new Set()));
    return fences;
  }

  #lost(agent: LiveAgent, taskId: string, fence: number): void {
    this.#parts.metrics.lateReport();
    agent.link?.lost(taskId, fence);
  }
}

function tooLarge(output: string): TaskError | undefined {
  const sizeBytes = Buffer.byteLength(output);
  if (sizeBytes <= outputLimitBytes) return undefined;
  const message = `the output has ${sizeBytes} bytes; at most ${outputLimitBytes} are kept`;
  return { code: 'too_large', message, retryable: false };
}

type LastLease = Pick<TasksTable, 'state' | 'fence' | 'agent_id'>;

/** Errors are shown in lists: details beyond the limit are left out. */
function bounded(error: TaskError): TaskError {
  const { details } = error;
  return details === undefined ? error : { ...error, details: boundedFacts(details, 'details') };
}

function boundedFacts<Facts extends JsonValue>(facts: Facts, what: string): Facts | { leftOut: string } {
  const { length } = JSON.stringify(facts);
  if (length <= factsLimitLength) return facts;
  return { leftOut: `${length} characters of ${what}; at most ${factsLimitLength} are kept` };
}
