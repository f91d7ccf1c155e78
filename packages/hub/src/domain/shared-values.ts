/** Beyond so many different values there is little to share. */
const limit = 10_000;

/** Values read from texts that many rows have in common: read once, and held once in memory. */
export class SharedValues<Value> {
  readonly #known = new Map<string, Value>();

  /** The value of a text; `read` is called when it is not known. */
  of(text: string, read: (text: string) => Value): Value {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#known.size >= limit) this.#known.clear();
    const value = read(text);
    this.#known.set(text, value);
    return value;
  }

  forget(): void {
    this.#known.clear();
  }
}
