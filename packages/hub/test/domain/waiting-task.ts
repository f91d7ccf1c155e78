import { dueAtMs } from '../../src/domain/ageing.ts';
import { newAgent, type LiveAgent, type LiveTask } from '../../src/domain/live.ts';

export const ageingMs = 1_000;

/** A hub with room. */
export const calm = { lowDeferralMs: 0 };

/** What of a task its queue looks at. */
export function waiting(seq: number, priority: number, { tenant = 'acme', sinceMs = 0 } = {}): LiveTask {
  const links = { lane: undefined, previous: undefined, next: undefined };
  const task = { seq, id: `${seq}`, tenant, priority, dueAtMs: dueAtMs(priority, sinceMs, ageingMs), ...links };
  return { ...task, submittedAtMs: sinceMs } as unknown as LiveTask;
}

/** An agent that is connected and has as many free slots as it has slots. */
export function idleAgent(name: string, offer: Partial<LiveAgent['offer']> = {}): LiveAgent {
  const anyOffer = { capabilities: [{ name: 'echo', proficiency: 1 }], slots: 1, priceMicroUsd: '0', labels: {} };
  const known = { id: name, tenant: 'acme', registeredAtMs: 0, heardAtMs: 0, lastSeenAtMs: undefined };
  const agent = newAgent({ ...known, offer: { ...anyOffer, name, stakeMicroUsd: '0', ...offer }, intent: 'active' });
  agent.link = { congested: false, draining: false } as LiveAgent['link'];
  return agent;
}
