import { freeSlots, type LiveAgent, type LiveTask, type TaskQueue } from './live.ts';
import { keptFor } from './match.ts';

/** Of the requests whose agent is chosen by speed so many go to any that qualifies: what is known of it stays true. */
const exploredShare = 1 / 64;

/** Free share of its slots below which an agent is not given a task only because it had the one before. */
const preferredFreeShare = 0.2;

/** Share of its word below which an agent is not given a task only because it had the one before. */
const preferredKeptShare = 0.5;

/**
 * The agent that gets the task, or undefined when none is free: the one that is preferred, unless it is nearly full; else
 * by the policy of the class. `balanced` compares two drawn at random, which spreads the load and looks at two agents
 * however many there are (Mitzenmacher, The Power of Two Choices, 2001); every other policy wants the very best.
 */
export function chooseAgent(queue: TaskQueue, task: LiveTask, random: () => number): LiveAgent | undefined {
  const preferred = task.follower?.preferred;
  if (preferred && preferred !== task.failedOn && mayHave(queue, preferred)) return preferred;
  const { qualified, wanted } = queue;
  if (wanted.policy === 'balanced') {
    const drawn = random() < exploredShare ? qualified.drawn(random) : qualified.betterOfTwo(random);
    if (drawn && drawn !== task.failedOn) return drawn;
  }
  if (wanted.policy === 'fastest' && random() < exploredShare) {
    const drawn = qualified.drawn(random);
    if (drawn && drawn !== task.failedOn) return drawn;
  }
  return qualified.best(task.failedOn);
}

function mayHave(queue: TaskQueue, agent: LiveAgent): boolean {
  if (keptFor(agent.matchable, queue.wanted) < preferredKeptShare) return false;
  return agent.qualifies.has(queue) && freeSlots(agent) > agent.offer.slots * preferredFreeShare;
}
