import type { LiveAgent } from './live.ts';

/** Conversations remembered; the one that was quiet longest is forgotten first. */
const limit = 16_384;

/** Which agent had the newest task of each conversation: it may still hold in memory what was said. A hint, never kept. */
export class Affinities {
  readonly #agents = new Map<string, LiveAgent>();

  agentOf(key: string): LiveAgent | undefined {
    return this.#agents.get(key);
  }

  remember(key: string, agent: LiveAgent): void {
    this.#agents.delete(key);
    this.#agents.set(key, agent);
    if (this.#agents.size <= limit) return;
    const [oldest] = this.#agents.keys();
    this.#agents.delete(oldest!);
  }
}
