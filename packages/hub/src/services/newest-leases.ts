import type { Database } from '@reeve/platform';
import type { Requirement } from '../api/task.ts';
import { selectLeases, type LeaseRow } from '../store/read-leases.ts';
import type { TaskBoard } from './task-board.ts';

/** The newest lease that a task has or had. */
export interface NewestLease {
  /** Of the task's submitter. */
  readonly tenant: string;
  /** What the task asks for first. */
  readonly capability: string;
  /** Absent as long as nobody has had a lease. */
  readonly fence?: number;
  /** Who has the lease, or had it when the task ended; absent when it was taken back. */
  readonly agentId?: string;
}

/**
 * The newest lease of each of some tasks, whether or not the record has it already; at most 1,000 at a time. Tasks that
 * are not known are left out.
 */
export async function newestLeases(
  { board, database }: { board: TaskBoard; database: Database },
  taskIds: readonly string[],
): Promise<Map<string, NewestLease>> {
  const leases = new Map<string, NewestLease>();
  const others: string[] = [];
  for (const id of new Set(taskIds)) {
    const task = board.get(id);
    const capability = task?.queue.wanted.requires[0]?.name;
    if (!task?.lease || capability === undefined) others.push(id);
    else leases.set(id, { tenant: task.tenant, capability, fence: task.lease.fence, agentId: task.lease.agent.id });
  }
  if (others.length === 0) return leases;
  for (const row of await database.read<LeaseRow>(selectLeases(others))) leases.set(row.id, leaseOf(row));
  return leases;
}

function leaseOf({ tenant, fence, agent_id: agentId, requires }: LeaseRow): NewestLease {
  const [first] = JSON.parse(requires) as Requirement[];
  return {
    tenant,
    capability: first?.name ?? '',
    ...(fence !== null && { fence }),
    ...(agentId !== null && { agentId }),
  };
}
