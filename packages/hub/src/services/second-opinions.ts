import type { JsonValue } from '@reeve/kernel';
import type { Database, Logger } from '@reeve/platform';
import { TaskSubmission } from '../api/task.ts';
import type { Judged, TaskVerify } from '../domain/judged.ts';
import type { Lease } from '../domain/live.ts';
import { namesOf } from '../domain/requirement-class.ts';
import { openInput } from '../store/payloads.ts';
import { selectInput } from '../store/read-tasks.ts';
import type { Submissions } from './submissions.ts';

export interface SecondOpinionsParts {
  readonly submissions: Submissions;
  readonly database: Database;
  readonly log: Logger;
  readonly random: () => number;
}

/**
 * Has other agents look at what came of a task: a check judges its input and output, a re-run does it again. Both are
 * tasks like any other, submitted once the first one has succeeded durably: its result waits for nobody. A hub that
 * crashes in between, or has no room, loses the opinion and never the result.
 */
export class SecondOpinions {
  readonly #parts: SecondOpinionsParts;

  constructor(parts: SecondOpinionsParts) {
    this.#parts = parts;
  }

  /** The attempt succeeded, and that is durable; `output` is JSON text. */
  ask(lease: Lease, output: string): void {
    const { check, rerun } = lease.task.verify ?? {};
    if (check) this.#begin(lease, 'check', output);
    if (rerun && this.#parts.random() < rerun.share) this.#begin(lease, 'rerun', output);
  }

  #begin(lease: Lease, how: Judged['how'], output: string): void {
    this.#submit(lease, how, JSON.parse(output) as JsonValue).catch((error: unknown) => {
      this.#parts.log.warn({ taskId: lease.task.id, how, err: error }, 'no second opinion could be asked for');
    });
  }

  async #submit({ task, agent }: Lease, how: Judged['how'], output: JsonValue): Promise<void> {
    const { database, submissions } = this.#parts;
    const [row] = await database.read<{ input: string }>(selectInput.bind({ seq: task.seq }));
    if (!row) throw new Error('its input is not on record any more');
    const input = JSON.parse(openInput(database, task.seq, row.input)) as JsonValue;
    const { wanted } = task.queue;
    const judges = { how, agentId: agent.id, capabilities: namesOf(wanted), output };
    const asked =
      how === 'rerun'
        ? { kind: task.kind, input, requires: [...wanted.requires] }
        : { kind: 'check', input: { kind: task.kind, input, output }, requires: [checkRequirement(task.verify!)] };
    const submission = TaskSubmission.parse({ ...asked, allowUnknown: true, timeoutMs: task.timeoutMs });
    const verify: TaskVerify = { judges };
    await submissions.submit(task.tenant, [{ ...submission, verify }], async (statements, events) => {
      await database.commit({ statements, events });
    });
  }
}

function checkRequirement({ check }: TaskVerify) {
  return { name: check!.capability, minProficiency: check!.minProficiency };
}
