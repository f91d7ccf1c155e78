import type { LiveAgent, LiveTask, TaskQueue } from './live.ts';
import { none } from './waiting-rows.ts';
import type { WaitingTable } from './waiting-table.ts';

/** Tenants' queues looked at for one slot: so its cost is bounded, whatever waits. What was left out comes first next. */
const lookLimit = 256;

/**
 * The task that a free slot of the agent takes, of all it qualifies for: first the tenant, by its turn with this agent
 * (turns.ts) and, of those whose turn it is, the one that got something longest ago; then that tenant's next task in any
 * class. Queues found empty leave the agenda until somebody waits in them again.
 *
 * Each step goes through all classes before the next one does: what it reads is far away in memory, and reads that do not
 * depend on one another are under way together.
 */
export function nextTask(agent: LiveAgent, table: WaitingTable): LiveTask | undefined {
  const { agenda } = agent;
  const { chosen, seen } = whoseTurn(agent, firstRows(agent, table), table);
  if (chosen === none) return undefined;
  const rows: number[] = [];
  for (let index = 0; index < seen; index++) rows.push(table.rowOfSame(agenda[index]!, chosen));
  if (seen < agenda.length) agenda.push(...agenda.splice(0, seen));
  return table.taskOf(firstDue(rows, table));
}

/** Of each class on the agenda, as far as it is looked at; those found empty leave it, in one go however many. */
function firstRows(agent: LiveAgent, table: WaitingTable): number[] {
  const { agenda } = agent;
  const rows: number[] = [];
  let seen = 0;
  for (; seen < agenda.length && rows.length < lookLimit; seen++) {
    const number = agenda[seen]!;
    const row = table.firstRow(number);
    if (row === none) table.queueOf(number).unlisted.add(agent);
    else agenda[rows.push(row) - 1] = number;
  }
  if (rows.length < seen) agenda.splice(rows.length, seen - rows.length);
  return rows;
}

/** A row of the tenant whose turn it is, and how many classes were seen on the way to it. */
function whoseTurn({ turns }: LiveAgent, firsts: readonly number[], table: WaitingTable) {
  let chosen = none;
  let [chosenRound, chosenTurn] = [Infinity, Infinity];
  let looks = 0;
  for (const [index, first] of firsts.entries()) {
    for (let row = first; row !== none; row = table.nextRow(row)) {
      const round = turns.roundOf(table.tenantOf(row));
      const turn = table.turnOf(row);
      if (round < chosenRound || (round === chosenRound && turn < chosenTurn))
        [chosen, chosenRound, chosenTurn] = [row, round, turn];
      if (++looks === lookLimit) return { chosen, seen: index + 1 };
      // Nobody further on in this queue can be in an earlier round, or have waited longer for a turn.
      if (round === turns.round) break;
    }
  }
  return { chosen, seen: firsts.length };
}

/** Between rows of one tenant as `goesBefore` says between two tasks. */
function firstDue(rows: readonly number[], table: WaitingTable): number {
  let first = none;
  let firstDueMs = Infinity;
  for (const row of rows) {
    if (row === none) continue;
    const dueMs = table.dueOf(row);
    if (dueMs > firstDueMs || (dueMs === firstDueMs && table.seqOf(row) > table.seqOf(first))) continue;
    [first, firstDueMs] = [row, dueMs];
  }
  return first;
}

/** Tasks wait in the queue that nobody could take at once: every agent that may take one later has to look there. */
export function list(queue: TaskQueue): void {
  for (const agent of queue.unlisted) agent.agenda.push(queue.number);
  queue.unlisted.clear();
}
