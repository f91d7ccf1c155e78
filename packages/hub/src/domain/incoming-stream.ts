/** What of the chunks that came goes on to the follower, and what the agent is credited at once. */
export interface Intake {
  readonly fresh: readonly string[];
  /** In UTF-16 units. */
  readonly credit: number;
}

/** Why the stream is not what the agent made, or more of it than may be under way. */
export interface StreamFault {
  readonly fault: string;
}

/**
 * The stream of one attempt as the hub takes it in. After a reconnect the agent sends everything again that was not
 * credited to it: what is known already goes no further, and is credited again only where its credit was given over the
 * lost connection; the rest is credited when the follower has taken it. So nothing is passed on twice, and what is
 * credited has been taken.
 */
export class IncomingStream {
  readonly #window: number;
  /** Number of the chunk that comes next. */
  #next = 0;
  /** Lengths of the newest chunks, those that the follower is not done with. */
  readonly #untaken: number[] = [];
  #untakenUnits = 0;
  /** Chunks before this one were taken before this connection. */
  #lostBefore = 0;

  /** @param window units, and chunks, that may be under way: at most so much waits for a slow follower. */
  constructor(window: number) {
    this.#window = window;
  }

  /** Chunks that came so far. */
  get count(): number {
    return this.#next;
  }

  receive(index: number, data: readonly string[]): Intake | StreamFault {
    if (index > this.#next) return { fault: `stream chunk ${index} came where ${this.#next} was due` };
    const known = Math.min(this.#next - index, data.length);
    const fresh = known === 0 ? data : data.slice(known);
    for (const { length } of fresh) {
      this.#untaken.push(length);
      this.#untakenUnits += length;
    }
    this.#next += fresh.length;
    if (this.#untakenUnits > this.#window || this.#untaken.length > this.#window)
      return { fault: `more than ${this.#window} units are under way: the agent sends without credit` };
    const lost = Math.min(known, Math.max(0, this.#lostBefore - index));
    return { fresh, credit: unitsOf(data.slice(0, lost)) };
  }

  /** The follower is done with the next chunks, so many units in all. */
  taken(units: number): void {
    this.#untakenUnits -= units;
    let left = units;
    let done = 0;
    while (done < this.#untaken.length && this.#untaken[done]! <= left) left -= this.#untaken[done++]!;
    this.#untaken.splice(0, done);
  }

  /** The agent is there over a new connection: credit that it does not know of by now is lost. */
  reconnected(): void {
    this.#lostBefore = this.#next - this.#untaken.length;
  }
}

/** Length as credit counts it. */
export function unitsOf(data: readonly string[]): number {
  return data.reduce((sum, chunk) => sum + chunk.length, 0);
}
