import type { Clock, OutputOf } from '@reeve/kernel';
import { bind, type BoundOperation, type Database } from '@reeve/platform';
import { showStatus } from '../api/hub-operations.ts';
import type { HubSettings } from '../components.ts';
import type { Load } from '../domain/load.ts';
import type { AgentRoster } from './agent-roster.ts';
import type { TaskBoard } from './task-board.ts';

export interface HubStatusParts {
  readonly board: TaskBoard;
  readonly roster: AgentRoster;
  readonly database: Database;
  readonly clock: Clock;
  readonly settings: HubSettings;
  readonly version: string;
  readonly startedAtMs: number;
}

/** `hub.status`: what waits, what runs, who is there; from memory, so that it answers while the database does not. */
export function statusOperation(parts: HubStatusParts): BoundOperation {
  return bind(showStatus, async () => statusOf(parts));
}

function statusOf({
  board,
  roster,
  database,
  clock,
  settings,
  version,
  startedAtMs,
}: HubStatusParts): OutputOf<typeof showStatus> {
  const { kind, writable, reason } = database.status();
  const slots = countSlots(roster);
  const tasks = { waiting: board.waiting, leased: slots.leased, delayed: board.size - board.waiting - slots.leased };
  return {
    version,
    startedAtMs,
    tasks,
    load: loadOf(board.load, settings.maxLiveTasks),
    agents: roster.countByState(),
    slots: { total: slots.total, busy: slots.leased },
    oldestWaitingMs: board.oldestWaitingMs(clock.nowMs()),
    database: { kind, writable, ...(reason === undefined ? {} : { reason }) },
  };
}

function loadOf(load: Load, maxLiveTasks: number): OutputOf<typeof showStatus>['load'] {
  const lowWork = load.shedsLow ? 'shed' : load.defersLow ? 'deferred' : 'taken';
  return { share: Math.round(load.share * 1e4) / 1e4, maxLiveTasks, lowWork };
}

function countSlots(roster: AgentRoster): { total: number; leased: number } {
  let total = 0;
  let leased = 0;
  for (const agent of roster.all()) {
    if (agent.link) total += agent.offer.slots;
    leased += agent.leases.size;
  }
  return { total, leased };
}
