import type { Priority } from '../api/task.ts';
import type { LiveTask } from './live.ts';

/** Highest first; a task's `priority` is its index here. */
export const priorities: readonly Priority[] = ['critical', 'high', 'medium', 'low'];

const lowest = priorities.length - 1;

/** What of the load of the hub the order of tasks depends on (see load.ts). */
export interface Pressure {
  readonly lowDeferralMs: number;
}

/**
 * The order of the tasks of one tenant is a time, fixed when a task begins to wait: the moment since when it waits, put
 * back by `ageingMs` for each step that its priority is below critical. The earliest is next. So a task that has waited
 * `ageingMs` longer is worth one step: every task ages alike, nothing has to be sorted again as time goes by, and for
 * each task there is a moment from which on nothing submitted goes before it. Between tenants it says nothing.
 */
export function dueAtMs(priority: number, sinceMs: number, ageingMs: number): number {
  return sinceMs + priority * ageingMs;
}

/**
 * When a deadline presses: two time-outs before it, which leaves room for one attempt and as much for the way there. From
 * then on the task counts as a critical one of its age, and as no more than that.
 */
export function pressesAtMs(deadlineAtMs: number, timeoutMs: number): number {
  return deadlineAtMs - 2 * timeoutMs;
}

/** When a task counts as due at this moment: under load, low work is put off. */
export function deferred(dueAtMs: number, priority: number, { lowDeferralMs }: Pressure): number {
  return priority === lowest ? dueAtMs + lowDeferralMs : dueAtMs;
}

/** Whether `a` goes before `b`, both of one tenant: it is due earlier, or was submitted earlier. */
export function goesBefore(a: LiveTask, b: LiveTask, pressure: Pressure): boolean {
  const [dueA, dueB] = [deferred(a.dueAtMs, a.priority, pressure), deferred(b.dueAtMs, b.priority, pressure)];
  return dueA === dueB ? a.seq < b.seq : dueA < dueB;
}
