/** What an entry of a lane carries so that it can leave from the middle in constant time. */
export interface Linked<Entry> {
  /** The lane it waits in. */
  lane: object | undefined;
  previous: Entry | undefined;
  next: Entry | undefined;
}

/** First in, first out, as a list linked through its entries: every act takes constant time and allocates nothing. */
export class LaneQueue<Entry extends Linked<Entry>> {
  #first: Entry | undefined;
  #last: Entry | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The oldest entry, left in the queue. */
  get first(): Entry | undefined {
    return this.#first;
  }

  push(entry: Entry): void {
    this.#own(entry);
    entry.previous = this.#last;
    if (this.#last) this.#last.next = entry;
    else this.#first = entry;
    this.#last = entry;
  }

  /** Puts an entry before all others: work that was taken out and could not be given away. */
  unshift(entry: Entry): void {
    this.#own(entry);
    entry.next = this.#first;
    if (this.#first) this.#first.previous = entry;
    else this.#last = entry;
    this.#first = entry;
  }

  remove(entry: Entry): void {
    if (entry.lane !== this) throw new Error('the entry is not in this lane');
    if (entry.previous) entry.previous.next = entry.next;
    else this.#first = entry.next;
    if (entry.next) entry.next.previous = entry.previous;
    else this.#last = entry.previous;
    entry.lane = entry.previous = entry.next = undefined;
    this.#size -= 1;
  }

  *[Symbol.iterator](): Iterator<Entry> {
    for (let entry = this.#first; entry; entry = entry.next) yield entry;
  }

  #own(entry: Entry): void {
    if (entry.lane) throw new Error('the entry waits in a lane already');
    entry.lane = this;
    this.#size += 1;
  }
}
