import { formatDurationMs, type ReeveError } from '@reeve/kernel';
import type { TaskQueue } from '../domain/live.ts';
import { pauseMs } from '../domain/pause.ts';
import { AgentsPaused } from '../errors.ts';

/** What whoever waits for a task of this class is told when nobody will take it for a while. */
export function agentsPaused(queue: TaskQueue, nowMs: number): ReeveError | undefined {
  const retryAfterMs = pauseMs(queue, nowMs);
  if (retryAfterMs === undefined) return undefined;
  const inTime = formatDurationMs(Math.round(retryAfterMs));
  return AgentsPaused.error(`whoever could do it failed too often; the first is tried again in ${inTime}`, {
    retryAfterMs,
  });
}
