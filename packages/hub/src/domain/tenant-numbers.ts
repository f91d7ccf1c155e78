/** A small number for each tenant that something waits of, so that tables of numbers can name it. */
export class TenantNumbers {
  readonly #names: string[] = [];
  readonly #numberOf = new Map<string, number>();
  /** How often each is held. */
  readonly #holds: number[] = [];
  readonly #free: number[] = [];

  /** Its number, if it is held. */
  find(tenant: string): number | undefined {
    return this.#numberOf.get(tenant);
  }

  nameOf(number: number): string {
    return this.#names[number]!;
  }

  /** Its number, which is its own until it is let go as often as it was held. */
  hold(tenant: string): number {
    let number = this.#numberOf.get(tenant);
    if (number === undefined) {
      number = this.#free.pop() ?? this.#names.length;
      this.#numberOf.set(tenant, number);
      this.#names[number] = tenant;
      this.#holds[number] = 0;
    }
    this.#holds[number]! += 1;
    return number;
  }

  letGo(number: number): void {
    this.#holds[number]! -= 1;
    if (this.#holds[number] !== 0) return;
    this.#numberOf.delete(this.#names[number]!);
    this.#free.push(number);
  }
}
