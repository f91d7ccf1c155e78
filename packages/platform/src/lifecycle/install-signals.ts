import { constants } from 'node:os';
import type { Logger } from '../log/logger.ts';
import type { Lifecycle } from './lifecycle.ts';

const signals = ['SIGTERM', 'SIGINT'] as const;
type StopSignal = (typeof signals)[number];

/**
 * The terminal sends Ctrl-C to the whole process group, and npm passes it on to its child once more: two signals for
 * one key press. A repetition this soon after the first is the same wish, not an impatient second one.
 */
const sameWishMs = 300;

interface SignalOptions {
  readonly log: Logger;
  /** Ends the process; `process.exit` when not given. */
  readonly exit?: (code: number) => void;
}

/**
 * Connects the process's end with the lifecycle: SIGTERM and SIGINT drain and exit with 0 when everything stopped, with
 * 1 otherwise; a second signal ends at once with 128 + its number; an error that nobody caught is logged, drains, and
 * exits with 1.
 * @returns a function that takes the handlers away again.
 */
export function installSignals(lifecycle: Lifecycle, { log, exit = process.exit }: SignalOptions): () => void {
  let firstSignalMs: number | undefined;
  let exitCode = 0;

  async function drain(reason: string): Promise<void> {
    const failures = await lifecycle.stop(reason);
    exit(failures.length > 0 ? 1 : exitCode);
  }

  function onSignal(signal: StopSignal): void {
    const nowMs = performance.now();
    if (firstSignalMs === undefined) {
      firstSignalMs = nowMs;
      void drain(signal);
    } else if (nowMs - firstSignalMs > sameWishMs) {
      log.warn({ signal }, 'second signal: ending at once');
      exit(128 + constants.signals[signal]);
    }
  }

  function onFault(error: unknown, origin: string): void {
    log.error({ fatal: true, origin, error }, 'nobody caught this error; the process ends');
    exitCode = 1;
    void drain(origin);
  }
  const onRejection = (reason: unknown): void => onFault(reason, 'unhandledRejection');

  // A closed terminal or pipe must not end the service; what is written there is lost, and the log counts it.
  const onBrokenOutput = (): void => undefined;
  for (const output of [process.stdout, process.stderr]) output.on('error', onBrokenOutput);
  for (const signal of signals) process.on(signal, onSignal);
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onRejection);
  return () => {
    for (const output of [process.stdout, process.stderr]) output.off('error', onBrokenOutput);
    for (const signal of signals) process.off(signal, onSignal);
    process.off('uncaughtException', onFault);
    process.off('unhandledRejection', onRejection);
  };
}
