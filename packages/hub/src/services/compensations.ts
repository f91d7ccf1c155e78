import type { Clock, JsonValue, ReeveError } from '@reeve/kernel';
import type { Database } from '@reeve/platform';
import type { TaskError, TaskSubmission } from '../api/task.ts';
import type { LiveTask } from '../domain/live.ts';
import { withOutputs } from '../domain/output-references.ts';
import { buryBlocked } from '../store/finish-task.ts';
import { sealedError } from '../store/payloads.ts';
import type { WorkflowsTable } from '../store/tables.ts';
import { updateCompensation } from '../store/workflows.ts';
import type { Settlement } from './settlement.ts';
import type { CommitSubmission, Submissions } from './submissions.ts';
import { taskEvent, workflowEvent } from './task-event.ts';

export interface CompensationsParts {
  readonly submissions: Submissions;
  readonly settlement: Settlement;
  readonly database: Database;
  readonly clock: Clock;
}

/** What undoes a node of a workflow. */
export interface Undoing {
  readonly row: WorkflowsTable;
  readonly node: string;
  readonly submission: TaskSubmission;
  /** Told of the task before it can end. */
  readonly begun: (taskId: string) => void;
}

/** Makes the tasks that undo nodes, each in one commit with the note of it. */
export class Compensations {
  readonly #parts: CompensationsParts;

  constructor(parts: CompensationsParts) {
    this.#parts = parts;
  }

  /** @throws what a submission can be refused for, and OutputMissing */
  async begin(undoing: Undoing, outputs: (input: JsonValue) => Promise<ReadonlyMap<string, JsonValue>>): Promise<void> {
    const { row, submission, begun } = undoing;
    const input = withOutputs(submission.input, await outputs(submission.input));
    await this.#parts.submissions.submit(
      row.tenant,
      [{ ...submission, input }],
      async (statements, events, { tasks: [made] }) => {
        const { note, event } = this.#note(undoing, made!);
        await this.#parts.database.commit({ statements: [...statements, note], events: [...events, event] });
        begun(made!.id);
      },
    );
  }

  /**
   * A task that is dead from the beginning, for what cannot be begun: its error says why, and somebody may replay it.
   * Then it has the references of its input in place of the outputs, and no deadline.
   */
  async bury(undoing: Undoing, { code, message }: ReeveError): Promise<void> {
    const { submissions, settlement, database, clock } = this.#parts;
    const { deadlineAtMs: _, runAtMs: __, ...submission } = undoing.submission;
    const error: TaskError = { code, message, retryable: false };
    let buried: LiveTask | undefined;
    const commit: CommitSubmission = async (statements, events, { tasks: [made] }) => {
      const { note, event } = this.#note(undoing, made!);
      const { seq } = made!;
      const end = buryBlocked.bindExpecting(1, { seq, error: sealedError(seq, error), finished_at_ms: clock.nowMs() });
      const dead = taskEvent(made!, 'task.dead', { code, reason: 'permanent' });
      await database.commit({ statements: [...statements, note, end], events: [...events, event, dead] });
      undoing.begun(made!.id);
      buried = made;
    };
    await submissions.submit(undoing.row.tenant, [submission], commit, { blocked: new Set([submission]) });
    settlement.endedOutside(buried!, { state: 'dead', error });
  }

  #note({ row, node }: Undoing, made: LiveTask) {
    const place = { workflow_id: row.id, name: node, compensation_seq: made.seq };
    return {
      note: updateCompensation.bindExpecting(1, place),
      event: workflowEvent(row, 'workflow.compensating', { node, taskId: made.id }),
    };
  }
}
