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
