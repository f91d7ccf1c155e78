/**
 * Deficit round robin (Shreedhar and Varghese 1995), over the tenants whose tasks one agent can do. A task costs 1, a request
 * to a model what its tokens come to (see `LiveTask.cost`). In each round a tenant may take as much as its weight says; what a weight
 * leaves over, or a task took too much, counts in later rounds. A tenant that has nothing waiting when a round ends starts afresh: nobody saves
 * up turns, so nobody who was away for long can push the others aside.
 *
 * Each agent keeps its own turns. Were they kept for all agents together, a tenant with much work on agents that only it
 * can use would have no turn left on those it shares.
 */
export class Turns {
  #round = 0;
  /** In which each tenant has its next turn. Apart from the rest: a choice looks at those of many tenants. */
  readonly #rounds = new Map<string, number>();
  /** What each may still take in that round; not above 0 only in between. */
  readonly #deficits = new Map<string, number>();

  /** The round that is under way: no tenant is in an earlier one. */
  get round(): number {
    return this.#round;
  }

  /** The round in which a tenant may take its next task: whoever has the lowest is next. */
  roundOf(tenant: string): number {
    return Math.max(this.#round, this.#rounds.get(tenant) ?? 0);
  }

  /** The tenant takes a task that costs so much. */
  take(tenant: string, weight: number, cost = 1): void {
    const round = this.roundOf(tenant);
    if (round > this.#round) this.#begin(round);
    this.#charge(tenant, round, weight, cost);
  }

  /**
   * What the tenant took came to so much more than it was charged with, or less. Only as long as the round in which it
   * took that is remembered: nobody owes longer than others remember.
   */
  correct(tenant: string, weight: number, byCost: number): void {
    const round = this.#rounds.get(tenant);
    if (round !== undefined) this.#charge(tenant, round, weight, byCost);
  }

  #charge(tenant: string, round: number, weight: number, cost: number): void {
    const deficit = (this.#deficits.get(tenant) ?? weight) - cost;
    // As many rounds later as it takes to be above 0 again; none while it still is; earlier ones when it gets back.
    const rounds = Math.floor(-deficit / weight) + 1;
    this.#rounds.set(tenant, round + rounds);
    this.#deficits.set(tenant, deficit + rounds * weight);
  }

  /** Costs as many steps as tasks were taken since the last round began. */
  #begin(round: number): void {
    this.#round = round;
    for (const [tenant, next] of this.#rounds) {
      if (next >= round) continue;
      this.#rounds.delete(tenant);
      this.#deficits.delete(tenant);
    }
  }
}
