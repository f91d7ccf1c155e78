import { setTimeout as pause } from 'node:timers/promises';

export interface Patience {
  /** Longest time until it must hold. */
  readonly withinMs?: number;
  /** Between two looks. */
  readonly everyMs?: number;
}

/**
 * Looks until something is there.
 * @param look answers what it waits for, or `undefined` while it is not there; what it throws counts as not there.
 * @throws Error with what was awaited and what the last look threw.
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  { withinMs = 30_000, everyMs = 25 }: Patience = {},
): Promise<T> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    const [found, thrown] = await attempt(look);
    if (found !== undefined) return found;
    if (performance.now() > untilMs)
      throw new Error(`${what}: not within ${withinMs} ms`, thrown === undefined ? {} : { cause: thrown });
    await pause(everyMs);
  }
}

async function attempt<T>(look: () => Promise<T | undefined> | T | undefined): Promise<[T | undefined, unknown?]> {
  try {
    return [await look()];
  } catch (thrown) {
    return [undefined, thrown];
  }
}
