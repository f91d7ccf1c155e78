import type { Clock } from '@reeve/kernel';
import type { Database, Logger } from '@reeve/platform';
import { AgentOffer } from '../api/agent.ts';
import type { Backoff } from '../api/task.ts';
import type { HubSettings } from '../components.ts';
import { dueAtMs } from '../domain/ageing.ts';
import type { TaskVerify } from '../domain/judged.ts';
import { newAgent, newLease, type LiveAgent, type LiveTask, type TaskQueue } from '../domain/live.ts';
import { SharedValues } from '../domain/shared-values.ts';
import { selectAgents, selectCapabilities } from '../store/agents.ts';
import { selectLiveTasks, type LiveTaskRow } from '../store/read-tasks.ts';
import type { AgentsTable } from '../store/tables.ts';
import { backoffOf, constraintsOf, requiresOf } from '../store/task-json.ts';
import { openVerify, sealedError } from '../store/payloads.ts';
import { selectLiveTaskVerifiers } from '../store/task-verifiers.ts';
import { endTask } from '../store/finish-task.ts';
import type { AgentRoster } from './agent-roster.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { Proficiencies } from './proficiencies.ts';
import type { SteadyTime } from './steady-time.ts';
import type { TaskBoard } from './task-board.ts';
import { taskEvent } from './task-event.ts';

/**
 * Rows of a page of this size are gone before they get old. Of 5,000 many move to the old generation and stay there for
 * a while: a start with 200,000 tasks then takes 400 MB instead of 265, and a tenth more time.
 */
const pageSize = 1_000;

export interface RecoveryParts {
  readonly board: TaskBoard;
  readonly roster: AgentRoster;
  readonly keeper: LeaseKeeper;
  readonly dispatcher: Dispatcher;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly steadyTime: SteadyTime;
  readonly proficiencies: Proficiencies;
  readonly settings: HubSettings;
}

/** Rebuilds the scheduler's memory from the record: agents first, then every task that has not ended. */
export class Recovery {
  readonly #parts: RecoveryParts;
  readonly #texts = new SharedValues<string>();
  readonly #backoffs = new SharedValues<Backoff>();
  readonly #queues = new SharedValues<TaskQueue>();

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  async run(): Promise<{ agents: number; tasks: number }> {
    await this.#capabilities();
    await this.#agents();
    await this.#parts.proficiencies.recover();
    const tasks = await this.#tasks();
    await this.#verifiers();
    const agents = this.#parts.roster.size;
    for (const shared of [this.#texts, this.#backoffs, this.#queues]) shared.forget();
    this.#parts.log.info({ agents, tasks }, 'hub rebuilt from the database');
    return { agents, tasks };
  }

  /** Takes a task up again that was dead. */
  revive(row: LiveTaskRow, verify: TaskVerify | undefined): void {
    const task = this.#wait(row);
    task.verify = verify;
    this.#parts.board.add(task);
    this.#place(task, row.run_at_ms);
  }

  async #capabilities(): Promise<void> {
    for (let after = ''; ;) {
      const rows = await this.#parts.database.read<{ name: string }>(
        selectCapabilities.bind({ after, limit: pageSize }),
      );
      for (const { name } of rows) this.#parts.roster.declare(name);
      if (rows.length < pageSize) return;
      after = rows.at(-1)!.name;
    }
  }

  async #agents(): Promise<void> {
    for (let after = ''; ;) {
      const rows = await this.#parts.database.read<AgentsTable>(selectAgents.bind({ after, limit: pageSize }));
      for (const row of rows) this.#parts.roster.add(agentOf(row, this.#parts.clock.monotonicMs()));
      if (rows.length < pageSize) return;
      after = rows.at(-1)!.id;
    }
  }

  async #tasks(): Promise<number> {
    let count = 0;
    for (let after = -1; ;) {
      const rows = await this.#parts.database.read<LiveTaskRow>(selectLiveTasks.bind({ after, limit: pageSize }));
      for (const row of rows) if (row.attached !== 1) this.#recover(row);
      for (const row of rows) if (row.attached === 1) await this.#cancelAttached(row);
      count += rows.length;
      if (rows.length < pageSize) return count;
      after = rows.at(-1)!.seq;
    }
  }

  async #verifiers(): Promise<void> {
    const { database, board } = this.#parts;
    for (let after = -1; ;) {
      const page = selectLiveTaskVerifiers.bind({ after, limit: pageSize });
      const rows = await database.read<{ seq: number; verify: string; id: string }>(page);
      for (const row of rows) {
        const task = board.get(row.id);
        if (task) task.verify = openVerify(database, row);
      }
      if (rows.length < pageSize) return;
      after = rows.at(-1)!.seq;
    }
  }

  #recover(row: LiveTaskRow): void {
    const task = this.#wait(row);
    this.#parts.board.add(task);
    const agent = row.agent_id === null ? undefined : this.#parts.roster.get(row.agent_id);
    if (row.state === 'leased' && agent) this.#resumeLease(task, agent, row.fence!);
    else this.#place(task, row.run_at_ms);
  }

  /** Whoever followed it went with the connection, so nobody waits for it any more. */
  async #cancelAttached(row: LiveTaskRow): Promise<void> {
    const facts = { code: 'task_cancelled', message: 'the hub was restarted', retryable: false };
    const error = sealedError(row.seq, facts);
    const finished_at_ms = this.#parts.clock.nowMs();
    await this.#parts.database.commit({
      statements: [endTask.bind({ seq: row.seq, state: 'cancelled', error, finished_at_ms })],
      events: [taskEvent(row, 'task.cancelled', { reason: 'the hub was restarted' })],
    });
  }

  /** The agent may still be at it: it has the time-to-live of a lease, from now, to come back and say so. */
  #resumeLease(task: LiveTask, agent: LiveAgent, fence: number): void {
    // When it began is of no use: nobody waits for a task of before the restart, so nothing is measured.
    const lease = newLease(fence, agent, task, 0);
    task.lease = lease;
    agent.leases.set(fence, lease);
    this.#parts.keeper.watchLease(lease);
    this.#parts.keeper.watchDeadline(task);
  }

  #place(task: LiveTask, runAtMs: number | null): void {
    const { board, keeper, dispatcher, clock } = this.#parts;
    keeper.watchDeadline(task);
    if (task.blocked) return;
    if (runAtMs !== null && runAtMs > clock.nowMs()) return keeper.schedule(task, runAtMs);
    board.enqueue(task);
    dispatcher.queueChanged(task.queue);
  }

  #queueOf(row: LiveTaskRow): TaskQueue {
    return this.#parts.board.queueFor(requiresOf(row), constraintsOf(row));
  }

  #wait(row: LiveTaskRow): LiveTask {
    const { settings, steadyTime } = this.#parts;
    // A clock that was put back while the hub was down must not let them wait for longer.
    const sinceMs = Math.min(steadyTime.nowMs(), Math.max(row.submitted_at_ms, row.run_at_ms ?? 0));
    return {
      seq: row.seq,
      id: row.id,
      tenant: this.#texts.of(row.tenant, itself),
      kind: this.#texts.of(row.kind, itself),
      queue: this.#queues.of(classText(row), () => this.#queueOf(row)),
      priority: row.priority,
      dueAtMs: dueAtMs(row.priority, sinceMs, settings.ageingMs),
      submittedAtMs: row.submitted_at_ms,
      timeoutMs: row.timeout_ms,
      deadlineAtMs: row.deadline_at_ms ?? undefined,
      maxAttempts: row.max_attempts,
      retry: this.#backoffs.of(row.backoff, () => backoffOf(row) ?? settings.retry),
      attempt: row.attempt,
      input: undefined,
      lease: undefined,
      verify: undefined,
      follower: undefined,
      streamed: false,
      cost: 1,
      failedOn: undefined,
      blocked: row.state === 'blocked',
      endings: 0,
      trace: undefined,
      lane: undefined,
      previous: undefined,
      next: undefined,
    };
  }
}

/** Most tasks have no constraints, and joining texts a million times takes a while. */
function classText({ requires, constraints }: LiveTaskRow): string {
  return constraints === '{}' ? requires : requires + constraints;
}

function itself(text: string): string {
  return text;
}

/** An agent from its row: not connected, heard from just now. */
export function agentOf(row: AgentsTable, heardAtMs: number): LiveAgent {
  return newAgent(
    {
      id: row.id,
      tenant: row.tenant,
      registeredAtMs: row.registered_at_ms,
      offer: AgentOffer.parse(JSON.parse(row.offer)),
      intent: row.intent,
      heardAtMs,
      lastSeenAtMs: row.last_seen_at_ms ?? undefined,
    },
    row.breaker_openings,
  );
}
