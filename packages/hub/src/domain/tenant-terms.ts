/** What one tenant may take of the hub. */
export interface TenantTerms {
  /** Tasks it gets from a busy agent for one that a tenant of weight 1 gets. */
  readonly weight: number;
  /** Its tasks that may be live at once. */
  readonly maxLiveTasks: number;
  /** Tasks it may submit per minute on average; as many at once after a pause. */
  readonly tasksPerMinute: number;
}

export interface TenantTermsSettings {
  /** Terms of every tenant that has none of its own. */
  readonly defaults: TenantTerms;
  /** Lines such as `acme weight=3 maxLiveTasks=50000`: what differs for one tenant. */
  readonly exceptions: readonly string[];
}

/** Looks up the terms of tenants. */
export class TenantTermsBook {
  readonly #defaults: TenantTerms;
  readonly #exceptions: ReadonlyMap<string, TenantTerms>;

  constructor({ defaults, exceptions }: TenantTermsSettings) {
    this.#defaults = defaults;
    this.#exceptions = new Map(exceptions.map((line) => readLine(line, defaults)));
  }

  of(tenant: string): TenantTerms {
    return this.#exceptions.get(tenant) ?? this.#defaults;
  }
}

function readLine(line: string, defaults: TenantTerms): [string, TenantTerms] {
  const [tenant, ...terms] = line.split(' ');
  const own: Record<string, number> = {};
  for (const [name, value] of terms.map((term) => term.split('='))) own[name!] = Number(value);
  return [tenant!, { ...defaults, ...own }];
}
