/** One line of the exposition: `metricName{labels} value`. */
export interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** What the registry of prom-client asks of a metric when it renders. */
export interface RenderedMetric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly aggregator: 'sum';
  readonly values: readonly Sample[];
}

/** The metrics of one name, one child per combination of label values. */
export interface Family<Child> {
  readonly name: string;
  /**
   * The child for these label values, in the order in which the labels were declared. Take it once and keep it: the
   * hot path then only adds a number. A combination beyond the family's bound is counted under `other`.
   */
  child(...labelValues: string[]): Child;
}

export interface FamilyOptions {
  readonly help: string;
  readonly labels?: readonly string[];
  /** Combinations of label values that are kept apart. */
  readonly maxChildren?: number;
}

/** Enough for every operation × status; few enough that a label fed from outside cannot fill the memory. */
const defaultMaxChildren = 500;

/** Holds the children of a family and keeps their number bounded. */
export class Children<Child> {
  readonly #labels: readonly string[];
  readonly #maxChildren: number;
  readonly #create: () => Child;
  readonly #name: string;
  readonly #overflow: () => void;
  readonly #children = new Map<string, { readonly labels: Record<string, string>; readonly child: Child }>();

  constructor(name: string, options: FamilyOptions, create: () => Child, overflow: () => void) {
    this.#name = name;
    this.#labels = options.labels ?? [];
    this.#maxChildren = options.maxChildren ?? defaultMaxChildren;
    this.#create = create;
    this.#overflow = overflow;
    if (this.#labels.length === 0) this.get([]);
  }

  get(values: readonly string[]): Child {
    const key = values.join('\u0000');
    return this.#children.get(key)?.child ?? this.#add(key, values);
  }

  #add(key: string, values: readonly string[]): Child {
    if (values.length !== this.#labels.length)
      throw new Error(
        `${this.#name} takes ${this.#labels.length} label values (${this.#labels.join(', ')}), not ${values.length}`,
      );
    const others = this.#labels.map(() => 'other');
    const otherKey = others.join('\u0000');
    if (this.#children.size >= this.#maxChildren && key !== otherKey) {
      this.#overflow();
      return this.get(others);
    }
    const labels = Object.fromEntries(this.#labels.map((label, index) => [label, values[index] ?? '']));
    const child = this.#create();
    this.#children.set(key, { labels, child });
    return child;
  }

  samples(sample: (child: Child, labels: Record<string, string>) => readonly Sample[]): Sample[] {
    return [...this.#children.values()].flatMap(({ child, labels }) => sample(child, labels));
  }
}
