/** From which share of the capacity on low work is put back, and from which on it is refused. */
export interface LoadSettings {
  readonly maxLiveTasks: number;
  readonly deferLowAt: number;
  readonly shedLowAt: number;
  readonly ageingMs: number;
}

/** How many steps of priority low work is put back while it is deferred: bounded, so that it waits and does not starve. */
const deferralSteps = 9;

/**
 * The load of the hub: live tasks as a share of the most there may be, 0..1. Nothing else is in it: it means the same on
 * every machine, whereas delays of the event loop or of the disk show a busy neighbour as well as a busy hub, and are
 * metrics of their own.
 *
 * Load is met from the bottom. First a tenant's low work waits for its other work; then low work is refused before it is
 * acknowledged; at the limit everything is. Nothing is ever raised, and nothing acknowledged is dropped.
 */
export class Load {
  readonly #settings: LoadSettings;
  readonly #live: () => number;

  constructor(settings: LoadSettings, live: () => number) {
    this.#settings = settings;
    this.#live = live;
  }

  get share(): number {
    return this.#live() / this.#settings.maxLiveTasks;
  }

  get defersLow(): boolean {
    return this.share > this.#settings.deferLowAt;
  }

  get shedsLow(): boolean {
    return this.shedsLowWith(0);
  }

  /** Whether low work is refused, with so many tasks on their way in. */
  shedsLowWith(pending: number): boolean {
    return this.#live() + pending > this.#settings.shedLowAt * this.#settings.maxLiveTasks;
  }

  /** By how much the low work of a tenant stands behind its other work at this moment. */
  get lowDeferralMs(): number {
    return this.defersLow ? deferralSteps * this.#settings.ageingMs : 0;
  }
}
