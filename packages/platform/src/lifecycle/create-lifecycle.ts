import { formatDurationMs } from '@reeve/kernel';
import type { Logger } from '../log/logger.ts';
import type { Lifecycle, StopFailure, StopStage } from './lifecycle.ts';

/** First nothing new comes in, then what is under way ends, then those who wait are told, then it is put away. */
export const stopStages: readonly StopStage[] = ['intake', 'work', 'connections', 'storage', 'telemetry'];

/**
 * Share of the grace that each later stage keeps for itself: work that does not end must not take from the storage the
 * time to close.
 */
const reserveShare = 0.05;

interface LifecycleOptions {
  /** Upper bound of the whole stop, all stages together. */
  readonly graceMs: number;
  readonly log: Logger;
}

interface Part {
  readonly stage: StopStage;
  readonly name: string;
  readonly stop: () => void | Promise<void>;
}

/**
 * The one object on which everything that has to be stopped registers. `stop` never throws and takes no longer than
 * `graceMs`; what does not stop in time is reported and left behind. A part that registers when its stage is already
 * over (a start that a signal overtook) is stopped at once.
 */
export function createLifecycle({ graceMs, log }: LifecycleOptions): Lifecycle {
  const parts: Part[] = [];
  const late: Array<Promise<StopFailure | undefined>> = [];
  const stopping = new AbortController();
  let passed = -1;
  let deadlineMs = Infinity;
  let ended: Promise<readonly StopFailure[]> | undefined;

  async function stopStage(index: number): Promise<StopFailure[]> {
    const due = parts.filter((part) => part.stage === stopStages[index]);
    const boundMs = deadlineMs - performance.now() - reservedMs(index);
    passed = index;
    return failuresOf(await Promise.all(due.map((part) => stopPart(part, boundMs))));
  }

  function reservedMs(index: number): number {
    const later = stopStages.slice(index + 1).filter((stage) => parts.some((part) => part.stage === stage));
    return later.length * graceMs * reserveShare;
  }

  async function stopAll(reason: string): Promise<readonly StopFailure[]> {
    const startedMs = performance.now();
    deadlineMs = startedMs + graceMs;
    log.info({ reason, graceMs }, 'stopping');
    stopping.abort(new Error(`stopping: ${reason}`));
    const failures: StopFailure[] = [];
    for (let index = 0; index < stopStages.length; index++) failures.push(...(await stopStage(index)));
    while (late.length > 0) failures.push(...failuresOf(await Promise.all(late.splice(0))));
    const durationMs = Math.round(performance.now() - startedMs);
    if (failures.length === 0) log.info({ reason, durationMs }, 'stopped');
    else log.error({ reason, durationMs, failures }, 'stopped, but not everything ended well');
    return failures;
  }

  return {
    stopping: stopping.signal,
    onStop(stage, name, stop) {
      const part: Part = { stage, name, stop };
      if (stopStages.indexOf(stage) > passed) parts.push(part);
      else late.push(stopPart(part, deadlineMs - performance.now()));
    },
    stop: (reason) => (ended ??= stopAll(reason)),
  };
}

function failuresOf(outcomes: ReadonlyArray<StopFailure | undefined>): StopFailure[] {
  return outcomes.filter((outcome) => outcome !== undefined);
}

/** Stops one part; answers what went wrong, or nothing. Never rejects. */
async function stopPart({ stage, name, stop }: Part, boundMs: number): Promise<StopFailure | undefined> {
  const timeout = Promise.withResolvers<StopFailure>();
  const timer = setTimeout(
    () => timeout.resolve({ stage, name, reason: `did not stop within ${formatDurationMs(Math.max(0, boundMs))}` }),
    Math.max(0, boundMs),
  );
  const stopped = (async () => {
    try {
      await stop();
      return undefined;
    } catch (error) {
      return { stage, name, reason: error instanceof Error ? error.message : String(error) };
    }
  })();
  try {
    return await Promise.race([stopped, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}
