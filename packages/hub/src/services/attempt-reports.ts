import type { Database, Logger } from '@reeve/platform';
import type { JsonValue } from '@reeve/kernel';
import type { TaskError } from '../api/task.ts';
import { outputLimitBytes } from '../api/task.ts';
import type { LiveAgent } from '../domain/live.ts';
import type { HubMetrics } from '../metrics.ts';
import { selectTaskFence } from '../store/read-tasks.ts';
import { holds, type Settlement } from './settlement.ts';

/** Pause before work that an agent gave back is offered again, so that an agent that declines everything does not spin. */
const declinedDelayMs = 1_000;

export interface AttemptReportsParts {
  readonly settlement: Settlement;
  readonly database: Database;
  readonly log: Logger;
  readonly metrics: HubMetrics;
}

/** What agents report about their attempts. Every report is checked against the fence before anything else. */
export class AttemptReports {
  readonly #parts: AttemptReportsParts;

  constructor(parts: AttemptReportsParts) {
    this.#parts = parts;
  }

  succeeded(agent: LiveAgent, taskId: string, fence: number, output: unknown): void {
    const lease = holds(agent, taskId, fence);
    if (!lease) return this.#late(agent, taskId, fence);
    const text = JSON.stringify(output);
    if (Buffer.byteLength(text) <= outputLimitBytes) return this.#parts.settlement.succeed(lease, text);
    const message = `the output has ${Buffer.byteLength(text)} bytes; at most ${outputLimitBytes} are kept`;
    this.#parts.settlement.fail(lease, { code: 'too_large', message, retryable: false });
  }

  failed(agent: LiveAgent, taskId: string, fence: number, error: TaskError): void {
    const lease = holds(agent, taskId, fence);
    if (!lease) return this.#late(agent, taskId, fence);
    this.#parts.settlement.fail(lease, error);
  }

  declined(agent: LiveAgent, taskId: string, fence: number, reason: string): void {
    const lease = holds(agent, taskId, fence);
    if (!lease) return this.#late(agent, taskId, fence);
    this.#parts.settlement.release(lease, { code: 'declined', message: reason, retryable: true }, declinedDelayMs);
  }

  progress(agent: LiveAgent, taskId: string, fence: number, value: JsonValue): void {
    const lease = holds(agent, taskId, fence);
    if (lease) lease.progress = value;
    else this.#late(agent, taskId, fence);
  }

  /**
   * Stream chunks, passed on as they are; those nobody follows are credited and dropped. After a reconnect the agent
   * sends again what was not credited: what is known already is dropped. A gap means that the stream is not what the
   * agent made: the attempt fails rather than pass on a wrong text.
   */
  chunks(agent: LiveAgent, taskId: string, fence: number, index: number, data: readonly string[]): void {
    const lease = holds(agent, taskId, fence);
    if (!lease) return this.#late(agent, taskId, fence);
    const { task } = lease;
    const taken = (length: number): void => {
      if (task.lease === lease) agent.link?.credit(taskId, fence, length);
    };
    if (!task.follower) return taken(lengthOf(data));
    const known = lease.nextChunk - index;
    if (known < 0) {
      const message = `stream chunk ${index} came where ${lease.nextChunk} was due`;
      agent.link?.cancel(taskId, fence, message);
      return this.#parts.settlement.fail(lease, { code: 'stream_broken', message, retryable: true });
    }
    if (known > 0) taken(lengthOf(data.slice(0, known))); // their credit may have been lost with the connection
    const fresh = known > 0 ? data.slice(known) : data;
    if (fresh.length === 0) return;
    lease.nextChunk += fresh.length;
    task.streamed = true;
    task.follower.chunks(fresh, taken);
  }

  /**
   * A report without a lease: either the answer to a result was lost on the way and the agent brings it again, or the
   * lease is. The record decides.
   */
  #late(agent: LiveAgent, taskId: string, fence: number): void {
    if (agent.leases.get(fence)?.settling) return;
    this.#parts.database
      .read<{ state: string; fence: number | null }>(selectTaskFence.bind({ id: taskId }))
      .then(([row]) => {
        if (row?.fence === fence && (row.state === 'succeeded' || row.state === 'dead')) {
          agent.link?.accepted(taskId, fence);
        } else if (row?.fence !== fence || row.state !== 'leased') {
          this.#parts.metrics.lateReport();
          agent.link?.lost(taskId, fence);
        }
      })
      .catch((error: unknown) => {
        this.#parts.log.warn({ taskId, fence, err: error }, 'a late report could not be looked up');
      });
  }
}

/** In UTF-16 units, as credit counts. */
function lengthOf(data: readonly string[]): number {
  return data.reduce((sum, chunk) => sum + chunk.length, 0);
}
