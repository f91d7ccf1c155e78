import { stateOf, type TaskQueue } from './live.ts';

/**
 * How long nobody will take a task of the class, because the breaker of every agent that is online and could is open:
 * until the first of them is tried again. Undefined when one may take it sooner, and when none is online: that is no
 * pause, for who comes may take it at once.
 */
export function pauseMs(queue: TaskQueue, nowMs: number): number | undefined {
  let endsAtMs: number | undefined;
  for (const agent of queue.qualified) {
    if (stateOf(agent) !== 'online') continue;
    if (agent.breaker.state !== 'open') return undefined;
    endsAtMs = Math.min(endsAtMs ?? Infinity, agent.breaker.opensUntilMs);
  }
  return endsAtMs === undefined ? undefined : Math.max(0, endsAtMs - nowMs);
}
