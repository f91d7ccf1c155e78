import type { LiveAgent, LiveTask, TaskQueue, TenantTasks } from './live.ts';

/** Tenants' queues looked at for one slot: so its cost is bounded, whatever waits. What was left out comes first next. */
const lookLimit = 256;

/**
 * The task that a free slot of the agent takes, of all it qualifies for: first the tenant, by its turn with this agent
 * (turns.ts) and, of those whose turn it is, the one that got something longest ago; then that tenant's next task in any
 * class. Queues found empty leave the agenda until somebody waits in them again.
 */
export function nextTask(agent: LiveAgent): LiveTask | undefined {
  const seen: TaskQueue[] = [];
  const { tenant } = whoseTurn(agent, seen) ?? {};
  if (tenant === undefined) return undefined;
  let next: TenantTasks | undefined;
  for (const queue of seen) {
    const waiting = queue.of(tenant);
    if (waiting && (!next || isDueBefore(waiting, next))) next = waiting;
  }
  return next?.first;
}

/** Between two classes of one tenant, as `goesBefore` says between two tasks. */
function isDueBefore(a: TenantTasks, b: TenantTasks): boolean {
  if (a.firstDueAtMs !== b.firstDueAtMs) return a.firstDueAtMs < b.firstDueAtMs;
  return a.first!.seq < b.first!.seq;
}

function whoseTurn(agent: LiveAgent, seen: TaskQueue[]): TenantTasks | undefined {
  let chosen: TenantTasks | undefined;
  let chosenRound = Infinity;
  let looks = 0;
  for (const queue of agent.agenda) {
    if (queue.size === 0) {
      unlist(agent, queue);
      continue;
    }
    seen.push(queue);
    for (let waiting = queue.firstTenant; waiting; waiting = waiting.next) {
      const round = agent.turns.roundOf(waiting.tenant);
      if (round < chosenRound || (round === chosenRound && waiting.turn < chosen!.turn)) {
        [chosen, chosenRound] = [waiting, round];
      }
      if (++looks === lookLimit) return leaveForLater(agent, seen, chosen);
      // Nobody further on in this queue can be in an earlier round, or have waited longer for a turn.
      if (round === agent.turns.round) break;
    }
  }
  return chosen;
}

function unlist(agent: LiveAgent, queue: TaskQueue): void {
  agent.agenda.delete(queue);
  queue.unlisted.add(agent);
}

/** Tasks wait in the queue that nobody could take at once: every agent that may take one later has to look there. */
export function list(queue: TaskQueue): void {
  for (const agent of queue.unlisted) agent.agenda.add(queue);
  queue.unlisted.clear();
}

function leaveForLater(agent: LiveAgent, seen: readonly TaskQueue[], chosen: TenantTasks | undefined) {
  for (const queue of seen) {
    agent.agenda.delete(queue);
    agent.agenda.add(queue);
  }
  return chosen;
}
