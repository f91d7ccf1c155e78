interface Place<Item> {
  readonly item: Item;
  /** Its value when everything is at its best. */
  readonly most: number;
  /** Never below its value. */
  bound: number;
  index: number;
}

/**
 * Finds the item of highest value among many whose values change all the time, without looking at most of them: a heap
 * over bounds that are never below the values. A bound is lowered when its item is looked at and found to be worth less,
 * and put back to the most by `raise`, which whoever makes a value rise has to call. So a fall costs nothing until it
 * matters, and a look costs a logarithm for each bound it corrects.
 */
export class LazyRanking<Item> {
  readonly #valueOf: (item: Item) => number;
  readonly #lowered: (item: Item) => void;
  readonly #heap: Place<Item>[] = [];
  readonly #placeOf = new Map<Item, Place<Item>>();

  /**
   * @param valueOf the value at this moment; below 0 for an item that cannot be chosen.
   * @param lowered told of each item whose bound was lowered: it wants `raise` when its value rises.
   */
  constructor(valueOf: (item: Item) => number, lowered: (item: Item) => void) {
    this.#valueOf = valueOf;
    this.#lowered = lowered;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** @param most its value will never be above this. */
  add(item: Item, most: number): void {
    const place = { item, most, bound: most, index: this.#heap.length };
    this.#heap.push(place);
    this.#placeOf.set(item, place);
    this.#rise(place);
  }

  remove(item: Item): void {
    const place = this.#placeOf.get(item);
    if (!place) return;
    this.#placeOf.delete(item);
    const last = this.#heap.pop()!;
    if (last === place) return;
    this.#put(last, place.index);
    this.#rise(last);
    this.#sink(last);
  }

  raise(item: Item): void {
    const place = this.#placeOf.get(item);
    if (!place) return;
    place.bound = place.most;
    this.#rise(place);
  }

  /** The item of highest value; `lastResort` only when no other can be chosen. */
  best(lastResort?: Item): Item | undefined {
    const top = this.#top();
    if (top === undefined || top.item !== lastResort) return top?.item;
    this.remove(top.item);
    const other = this.#top();
    this.add(top.item, top.most);
    return other?.item ?? top.item;
  }

  /** Any item, by chance; undefined when it cannot be chosen at this moment. */
  drawn(random: () => number): Item | undefined {
    const place = this.#heap[Math.floor(random() * this.#heap.length)];
    return place && this.#valueOf(place.item) >= 0 ? place.item : undefined;
  }

  /** Of two drawn by chance the one of higher value; undefined when one of them cannot be chosen, for then nothing was compared. */
  betterOfTwo(random: () => number): Item | undefined {
    const count = this.#heap.length;
    if (count < 2) return this.drawn(random);
    const first = Math.floor(random() * count);
    const [one, other] = [this.#heap[first]!.item, this.#heap[otherThan(first, count, random)]!.item];
    const [value, otherValue] = [this.#valueOf(one), this.#valueOf(other)];
    if (Math.min(value, otherValue) < 0) return undefined;
    return value >= otherValue ? one : other;
  }

  [Symbol.iterator](): Iterator<Item> {
    return this.#placeOf.keys();
  }

  #top(): Place<Item> | undefined {
    for (let top = this.#heap[0]; top && top.bound >= 0; top = this.#heap[0]) {
      const value = this.#valueOf(top.item);
      if (value >= top.bound) return top;
      top.bound = value;
      this.#lowered(top.item);
      this.#sink(top);
    }
    return undefined;
  }

  #put(place: Place<Item>, index: number): void {
    this.#heap[index] = place;
    place.index = index;
  }

  #rise(place: Place<Item>): void {
    while (place.index > 0) {
      const above = this.#heap[(place.index - 1) >> 1]!;
      if (above.bound >= place.bound) return;
      this.#swap(place, above);
    }
  }

  #sink(place: Place<Item>): void {
    for (;;) {
      const left = this.#heap[2 * place.index + 1];
      const right = this.#heap[2 * place.index + 2];
      const below = right && right.bound > left!.bound ? right : left;
      if (!below || below.bound <= place.bound) return;
      this.#swap(place, below);
    }
  }

  #swap(a: Place<Item>, b: Place<Item>): void {
    const { index } = a;
    this.#put(a, b.index);
    this.#put(b, index);
  }
}

function otherThan(first: number, count: number, random: () => number): number {
  const second = Math.floor(random() * (count - 1));
  return second < first ? second : second + 1;
}
