import { setTimeout as pause } from 'node:timers/promises';

/** Looks again until what is looked at holds, for what no signal tells. */
export async function eventually<Seen>(
  look: () => Seen | Promise<Seen>,
  holds: (seen: Seen) => boolean,
): Promise<Seen> {
  const untilMs = performance.now() + 30_000;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (performance.now() > untilMs) throw new Error(`not within 30 s; last seen: ${JSON.stringify(seen)}`);
    await pause(10);
  }
}

/** Resolves with a figure once it has not changed for a while. */
export async function settled(look: () => number, quietMs = 250): Promise<number> {
  let last = look();
  let sinceMs = performance.now();
  await eventually(look, (seen) => {
    if (seen !== last) [last, sinceMs] = [seen, performance.now()];
    return performance.now() - sinceMs >= quietMs;
  });
  return last;
}
