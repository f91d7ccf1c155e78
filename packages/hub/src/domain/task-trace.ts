import type { Span } from '@reeve/kernel';

/** The spans of one traced task: its own, from submission to its end, and below it one for each attempt. */
export class TaskTrace {
  readonly #task: Span;
  #attempt: Span | undefined;

  /** @param request what submitted it */
  constructor(request: Span, { id, kind }: { readonly id: string; readonly kind: string }) {
    this.#task = request.child('task', 'producer', { 'reeve.task.id': id, 'reeve.task.kind': kind });
  }

  /** What is done for the task at this moment belongs to this one; it is also what an agent is handed with its lease. */
  get span(): Span {
    return this.#attempt ?? this.#task;
  }

  /** An attempt begins. */
  leased(agentId: string, attempt: number, fence: number): void {
    this.attemptEnded('lease_lost');
    const facts = { 'reeve.agent.id': agentId, 'reeve.attempt': attempt, 'reeve.fence': fence };
    this.#attempt = this.#task.child('attempt', 'consumer', facts);
  }

  /** The result is durable, or nobody waits for it any more. @param fault its code, when the attempt did not succeed */
  attemptEnded(fault: string | undefined): void {
    this.#attempt?.end(fault);
    this.#attempt = undefined;
  }

  ended(state: string, fault: string | undefined): void {
    this.attemptEnded(fault ?? state);
    this.#task.add({ 'reeve.task.state': state });
    this.#task.end(fault);
  }
}
