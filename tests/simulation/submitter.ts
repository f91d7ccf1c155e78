import { setTimeout as pause } from 'node:timers/promises';
import type { Api, CallOptions } from '../faults/system/api.ts';
import { taskOf, type PlannedTask } from './scenario.ts';

/** Retries are small, so that a task has many chances within a short storm. */
const backoff = { initialDelayMs: 20, factor: 2, maxDelayMs: 200, jitter: 0.5 };
const retryPauseMs = 40;
const tryTimeoutMs = 4_000;

/** What the client knows of one task: it saw these answers, whole. */
export interface Submission {
  readonly planned: PlannedTask;
  /** One for each acknowledgement; all must be the same. */
  readonly acknowledgedIds: string[];
  /** Status of the answer to a cancellation that was answered. */
  cancelStatus: number | undefined;
}

export interface SubmitterParts {
  readonly seed: number;
  readonly api: Api;
  /** Aborted when no new task is to be begun. */
  readonly ending: AbortSignal;
  /** Aborted when even what was begun is given up. */
  readonly over: AbortSignal;
  readonly complain: (text: string) => void;
}

/** Clients that submit tasks, and repeat what was not answered, with the same key, until it is. */
export class Submitters {
  readonly submissions: Submission[] = [];
  readonly #parts: SubmitterParts;
  #number = 0;

  constructor(parts: SubmitterParts) {
    this.#parts = parts;
  }

  async run(lanes: number): Promise<void> {
    await Promise.all(Array.from({ length: lanes }, () => this.#lane()));
  }

  async #lane(): Promise<void> {
    const { seed, ending } = this.#parts;
    while (!ending.aborted) {
      const planned = taskOf(seed, this.#number++);
      const submission: Submission = { planned, acknowledgedIds: [], cancelStatus: undefined };
      this.submissions.push(submission);
      await this.#submit(submission);
      await pause(planned.pauseMs);
    }
  }

  async #submit(submission: Submission): Promise<void> {
    const { planned, acknowledgedIds } = submission;
    const once = async (): Promise<void> => {
      const id = await this.#untilAcknowledged(planned);
      if (id !== undefined) acknowledgedIds.push(id);
    };
    await (planned.again === 'at-once' ? Promise.all([once(), once()]) : once());
    if (planned.again === 'later') await once();
    if (planned.cancelAfterMs !== undefined && acknowledgedIds[0] !== undefined)
      submission.cancelStatus = await this.#cancel(acknowledgedIds[0], planned.cancelAfterMs);
  }

  async #untilAcknowledged(planned: PlannedTask): Promise<string | undefined> {
    const key = `task-${planned.number}`;
    const body = bodyOf(planned, key);
    const options = planned.keyIn === 'header' ? { idempotencyKey: key } : {};
    const answer = await this.#insist('/v1/tasks', body, options);
    if (answer === undefined) return undefined;
    if (answer.status === 200 || answer.status === 201) return (answer.body as { id: string }).id;
    this.#parts.complain(`task ${planned.number} was refused: ${answer.status} ${JSON.stringify(answer.body)}`);
    return undefined;
  }

  async #cancel(id: string, afterMs: number): Promise<number | undefined> {
    await pause(afterMs);
    const answer = await this.#insist(`/v1/tasks/${id}/cancel`, {}, { idempotencyKey: `cancel-${id}` });
    return answer?.status;
  }

  /** Sends until an answer comes that another try would not change. */
  async #insist(path: string, body: object, options: CallOptions) {
    while (!this.#parts.over.aborted) {
      const answer = await this.#parts.api
        .send('POST', path, body, { ...options, timeoutMs: tryTimeoutMs })
        .catch(() => undefined); // no answer, or half of one: it may or may not have been carried out
      if (answer && answer.status !== 503 && answer.status !== 429) return answer;
      await pause(retryPauseMs);
    }
    return undefined;
  }
}

function bodyOf({ act, priority, maxAttempts, timeoutMs, keyIn }: PlannedTask, key: string): object {
  return {
    requires: [{ name: 'act' }],
    input: act,
    priority,
    maxAttempts,
    timeoutMs,
    backoff,
    ...(keyIn === 'body' && { idempotencyKey: key }),
  };
}
