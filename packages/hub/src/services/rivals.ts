import type { Lease, LiveAgent } from '../domain/live.ts';
import type { LeaseKeeper } from './lease-keeper.ts';

/**
 * Ends the other attempt under the fence of this one, if there is one: its agent is told to stop.
 * @returns that agent: it has a free slot.
 */
export function withdrawRival(lease: Lease, keeper: LeaseKeeper, reason: string): LiveAgent | undefined {
  const { rival } = lease;
  if (!rival) return undefined;
  lease.rival = rival.rival = undefined;
  keeper.forgetLease(rival);
  const { agent, fence, task } = rival;
  agent.leases.delete(fence);
  agent.link?.cancel(task.id, fence, reason);
  return agent;
}
