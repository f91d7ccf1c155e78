import { cpuMsOf, machineBusyMs } from './processes.ts';

/** One thing that is measured in every round, beside the others. */
export interface Contestant {
  readonly name: string;
  /** What it is: durability, features that are on, payload, concurrency. */
  readonly about: string;
  /** One measurement: figures by name, with their unit in the name. */
  measure(): Promise<Figures>;
}

export type Figures = Record<string, number>;

export interface Row {
  readonly name: string;
  readonly about: string;
  /** Median over the rounds. */
  readonly median: Figures;
  /** Lowest and highest over the rounds. */
  readonly spread: Record<string, readonly [number, number]>;
  /** Median over the rounds of the figure divided by that of the first contestant in the same round. */
  readonly ratio: Figures;
  /** The same as a difference: what it adds. */
  readonly difference: Figures;
  readonly rounds: readonly Figures[];
}

/** In a round in which other processes used more than this share of the CPU, the figures are marked. */
const disturbedShare = 0.08;

export interface Measurement {
  readonly rows: readonly Row[];
  /** Share of the CPU that processes outside of the measurement used, by round. */
  readonly othersShare: readonly number[];
  readonly disturbedRounds: number;
}

/** Measures all contestants in turn, round after round, so that a noisy minute hits each of them alike. */
export async function measureRounds(contestants: readonly Contestant[], rounds: number): Promise<Measurement> {
  const figures = contestants.map((): Figures[] => []);
  const othersShare: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const shares: number[] = [];
    for (const [index, contestant] of contestants.entries()) {
      const { found, share } = await measureOne(contestant);
      figures[index]!.push(found);
      shares.push(share);
      process.stderr.write(`round ${round + 1}/${rounds}  ${contestant.name.padEnd(28)} ${shown(found)}\n`);
    }
    othersShare.push(Math.max(...shares));
  }
  const rows = contestants.map((contestant, index) => rowOf(contestant, figures[index]!, figures[0]!));
  return { rows, othersShare, disturbedRounds: othersShare.filter((share) => share > disturbedShare).length };
}

async function measureOne(contestant: Contestant): Promise<{ found: Figures; share: number }> {
  // Whatever is measured was started from here.
  const own = (): number => cpuMsOf(process.pid);
  const [ownBefore, busyBefore, startedMs] = [own(), machineBusyMs(), performance.now()];
  const found = await contestant.measure();
  const elapsedMs = performance.now() - startedMs;
  const others = Math.max(0, machineBusyMs() - busyBefore - (own() - ownBefore));
  return { found, share: round3(others / (elapsedMs * 2)) };
}

function rowOf({ name, about }: Contestant, rounds: readonly Figures[], first: readonly Figures[]): Row {
  const overRounds = (of: (figure: string) => number): Figures =>
    Object.fromEntries(Object.keys(rounds[0] ?? {}).map((figure) => [figure, round3(of(figure))]));
  const values = (figure: string): number[] => rounds.map((round) => round[figure]!);
  const beside = (figure: string, compare: (own: number, first: number) => number): number[] =>
    rounds.map((round, index) => compare(round[figure]!, first[index]![figure]!));
  const low = overRounds((figure) => Math.min(...values(figure)));
  const high = overRounds((figure) => Math.max(...values(figure)));
  return {
    name,
    about,
    median: overRounds((figure) => medianOf(values(figure))),
    spread: Object.fromEntries(Object.keys(low).map((figure) => [figure, [low[figure]!, high[figure]!]])),
    ratio: finite(overRounds((figure) => medianOf(beside(figure, (own, other) => own / other)))),
    difference: finite(overRounds((figure) => medianOf(beside(figure, (own, other) => own - other)))),
    rounds: rounds.map(rounded),
  };
}

/** A figure that the first contestant does not have, or has as 0, gives nothing to compare with. */
function finite(figures: Figures): Figures {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => Number.isFinite(value)));
}

export function medianOf(values: readonly number[]): number {
  return quantileOf(values, 0.5);
}

/** Nearest-rank quantile. */
export function quantileOf(values: readonly number[], quantile: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? Number.NaN;
}

function rounded(figures: Figures): Figures {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, round3(value)]));
}

function round3(value: number): number {
  return Number(value.toPrecision(4));
}

function shown(figures: Figures): string {
  return Object.entries(rounded(figures))
    .map(([name, value]) => `${name} ${value}`)
    .join('  ');
}
