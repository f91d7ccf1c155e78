/** A source of numbers in [0, 1). */
export type Random = () => number;

/** Numbers that are the same for the same `seed` on every machine (mulberry32, after mixing all 53 bits of the seed). */
export function seededRandom(seed: number): Random {
  let state = mix(mix(seed >>> 0) ^ Math.floor(seed / 2 ** 32));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    return (mix(state) >>> 0) / 2 ** 32;
  };
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 15), value | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return mixed ^ (mixed >>> 14);
}
