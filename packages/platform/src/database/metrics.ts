import type { Metrics } from '../metrics/index.ts';
import type { Database } from './port.ts';

/** Figures of the database: what waits to be committed, and the connections that read. */
export function watchDatabase(metrics: Metrics, database: Pick<Database, 'status'>): void {
  const area = 'database';
  metrics.sampledGauge({
    area,
    what: 'queued',
    unit: 'units',
    help: 'Units of work that wait for their group commit',
    read: () => database.status().queuedUnits,
  });
  metrics.sampledGauge({
    area,
    what: 'last_commit',
    unit: 'seconds',
    help: 'How long the last group commit took',
    read: () => database.status().lastCommitMs / 1_000,
  });
  metrics.sampledGauges({
    area,
    what: 'reading',
    unit: 'connections',
    help: 'Connections that read, by state',
    label: 'state',
    read() {
      const { inUse, idle } = database.status().readers;
      return { in_use: inUse, idle };
    },
  });
  metrics.sampledGauge({
    area,
    what: 'waiting',
    unit: 'reads',
    help: 'Reads that wait for a connection',
    read: () => database.status().readers.waiting,
  });
}
