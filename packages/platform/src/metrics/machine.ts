import { availableParallelism, totalmem } from 'node:os';
import type { Metrics } from './metrics.ts';

/** What this process may use of its machine: without it nobody can say what share it uses. */
export function observeMachine(metrics: Metrics): void {
  const area = 'process';
  metrics.sampledGauge({
    area,
    what: 'available',
    unit: 'cpus',
    help: 'Processors this process may use',
    read: () => availableParallelism(),
  });
  metrics.sampledGauge({
    area,
    what: 'memory_limit',
    unit: 'bytes',
    help: 'Memory this process may use: the limit of its container, else that of the machine',
    read: memoryLimitBytes,
  });
}

/** A container without a limit reports none, or more than the machine has. */
function memoryLimitBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
