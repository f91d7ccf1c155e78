import type { Clock } from '@reeve/kernel';
import { failed, late, newFigures, succeeded, type Figures } from '../domain/figures.ts';
import type { Lease } from '../domain/live.ts';

/**
 * Measures what agents do for those who wait on a connection: how long to the first chunk and between chunks, and how
 * often it went well. Kept in memory: after a restart what an agent says of itself counts until its next answers.
 */
export class Measurements {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  succeeded(lease: Lease): void {
    if (!lease.task.follower) return;
    const { grantedAtMs, firstChunkAtMs } = lease;
    const chunks = lease.stream?.count ?? 0;
    succeeded(figuresOf(lease), { grantedAtMs, firstChunkAtMs, chunks, endedAtMs: this.#clock.monotonicMs() });
  }

  /** Another attempt gave its first chunk before this one: it would have taken longer than it has. */
  overtaken(lease: Lease): void {
    const figures = figuresOf(lease);
    const { firstChunkMs = 0 } = figures;
    late(figures, Math.max(firstChunkMs, this.#clock.monotonicMs() - lease.grantedAtMs));
  }

  failed(lease: Lease): void {
    if (lease.task.follower) failed(figuresOf(lease));
  }
}

function figuresOf({ agent, task }: Lease): Figures {
  const capability = task.queue.wanted.requires[0]!.name;
  let figures = agent.figures.get(capability);
  if (!figures) agent.figures.set(capability, (figures = newFigures()));
  return figures;
}
