/** What is known of a line of text once somebody has looked at it. */
export interface Measure {
  readonly words: number;
  /** The first of the longest words; empty where there is none. */
  readonly longest: string;
}

export type Way = (line: string, number: number) => Measure;

/** Three ways to do the same work. Only the first is right about every line, and no output shows which way it came. */
export const ways = { carefully, quickly, pretending } as const satisfies Record<string, Way>;
export type WayName = keyof typeof ways;

/** Words are letters, with hyphens and apostrophes inside. */
function carefully(line: string): Measure {
  const words = line.match(/\p{L}+(?:['’-]\p{L}+)*/gu) ?? [];
  return { words: words.length, longest: longestOf(words) };
}

/** Cuts at spaces, and takes off what is no letter at both ends: right about prose, wrong where words stand together. */
function quickly(line: string): Measure {
  const words = line.split(' ').map((word) => word.replace(/^\P{L}+|\P{L}+$/gu, ''));
  const found = words.filter((word) => word !== '');
  return { words: found.length, longest: longestOf(found) };
}

/** Looks at one line in four; of the others it makes something up that looks like a measure. */
function pretending(line: string, number: number): Measure {
  if (number % 4 === 0) return carefully(line);
  return { words: Math.ceil(line.length / 6), longest: /\p{L}+/u.exec(line)?.[0] ?? '' };
}

function longestOf(words: readonly string[]): string {
  return words.reduce((longest, word) => (word.length > longest.length ? word : longest), '');
}

export function isSame(one: Measure, other: Measure): boolean {
  return one.words === other.words && one.longest === other.longest;
}
