interface Share {
  /** Round in which the tenant has its next turn. */
  round: number;
  /** Tasks it may still take in that round; not above 0 only in between. */
  deficit: number;
}

/**
 * Deficit round robin (Shreedhar and Varghese 1995), over the tenants whose tasks one agent can do, with a task as the
 * unit of cost. In each round a tenant may take as many tasks as its weight says; what a weight leaves over, or a task
 * took too much, counts in later rounds. A tenant that has nothing waiting when a round ends starts afresh: nobody saves
 * up turns, so nobody who was away for long can push the others aside.
 *
 * Each agent keeps its own turns. Were they kept for all agents together, a tenant with much work on agents that only it
 * can use would have no turn left on those it shares.
 */
export class Turns {
  #round = 0;
  readonly #shares = new Map<string, Share>();

  /** The round that is under way: no tenant is in an earlier one. */
  get round(): number {
    return this.#round;
  }

  /** The round in which a tenant may take its next task: whoever has the lowest is next. */
  roundOf(tenant: string): number {
    return Math.max(this.#round, this.#shares.get(tenant)?.round ?? 0);
  }

  /** The tenant takes one task. */
  take(tenant: string, weight: number): void {
    const share = this.#shareIn(this.roundOf(tenant), tenant, weight);
    share.deficit -= 1;
    // As many rounds later as it takes to be above 0 again; none while it still is.
    const rounds = Math.floor(-share.deficit / weight) + 1;
    share.round += rounds;
    share.deficit += rounds * weight;
  }

  #shareIn(round: number, tenant: string, weight: number): Share {
    if (round > this.#round) this.#begin(round);
    let share = this.#shares.get(tenant);
    if (!share) this.#shares.set(tenant, (share = { round, deficit: weight }));
    return share;
  }

  /** Costs as many steps as tasks were taken since the last round began. */
  #begin(round: number): void {
    this.#round = round;
    for (const [tenant, share] of this.#shares) if (share.round < round) this.#shares.delete(tenant);
  }
}
