import { mkdirSync, writeFileSync } from 'node:fs';
import { circumstances, type Circumstances } from '../../bench/harness/results.ts';
import { doubled, lost } from './invariants.ts';
import type { Outcome } from './simulate.ts';

/** What many seeds came to: one file in `tests/simulation/results` for each database. */
export interface Summary extends Circumstances {
  readonly database: string;
  /** Seeds from this one on, one after the other. */
  readonly from: number;
  readonly seeds: number;
  /** Of the storm; calm and reckoning follow. */
  readonly secondsEach: number;
  readonly minutes: number;
  readonly tasks: number;
  readonly chats: number;
  /** Attempts that handlers began. */
  readonly runs: number;
  /** What was done to the processes, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  /** Tasks that were acknowledged and are not there, or never end. */
  readonly lost: number;
  /** Tasks, ends and runs that are there twice. */
  readonly doubled: number;
  /** Seeds in which anything was not as it must be. */
  readonly failedSeeds: readonly number[];
}

/** A number for each thing that is counted. */
type Counts = Pick<Summary, 'tasks' | 'chats' | 'runs' | 'lost' | 'doubled'>;

/** Adds up outcomes as they come, and holds on to none of them. */
export class SummaryOfSeeds {
  readonly #settings: Pick<Summary, 'database' | 'from' | 'secondsEach'>;
  readonly #circumstances = circumstances();
  readonly #startedMs = performance.now();
  readonly #faults: Record<string, number> = {};
  readonly #failedSeeds: number[] = [];
  #seeds = 0;
  #counts: Counts = { tasks: 0, chats: 0, runs: 0, lost: 0, doubled: 0 };

  constructor(settings: Pick<Summary, 'database' | 'from' | 'secondsEach'>) {
    this.#settings = settings;
  }

  add({ scenario, violations, faults, history }: Outcome): void {
    this.#seeds += 1;
    if (violations.length > 0) this.#failedSeeds.push(scenario.seed);
    for (const { kind } of faults) this.#faults[kind] = (this.#faults[kind] ?? 0) + 1;
    if (!history) return;
    const { tasks, chats, runs, lost: alreadyLost, doubled: alreadyDoubled } = this.#counts;
    this.#counts = {
      tasks: tasks + history.tasks.filter(({ kind }) => kind !== 'llm.chat').length,
      chats: chats + history.chats.length,
      runs: runs + history.journal.filter(({ what }) => what === 'began').length,
      lost: alreadyLost + lost(history).length,
      doubled: alreadyDoubled + doubled(history).length,
    };
  }

  get minutes(): number {
    return (performance.now() - this.#startedMs) / 60_000;
  }

  get summary(): Summary {
    return {
      ...this.#circumstances,
      ...this.#settings,
      seeds: this.#seeds,
      minutes: Math.round(this.minutes * 10) / 10,
      ...this.#counts,
      faults: this.#faults,
      failedSeeds: this.#failedSeeds,
    };
  }
}

/** In lines for people. */
export function describeSummary(summary: Summary): string {
  const { seeds, failedSeeds, minutes, database, tasks, chats, runs, faults } = summary;
  const done = Object.entries(faults).map(([kind, count]) => `${count} ${kind}`);
  return [
    `${seeds - failedSeeds.length} of ${seeds} seeds ok in ${minutes} minutes on ${database}`,
    `${tasks} tasks, ${chats} chats, ${runs} runs; ${done.join(', ')}`,
    `${summary.lost} lost, ${summary.doubled} doubled`,
    ...(failedSeeds.length > 0 ? [`not ok: ${failedSeeds.join(', ')}`] : []),
  ].join('\n');
}

export function writeSummary(summary: Summary): void {
  mkdirSync('tests/simulation/results', { recursive: true });
  writeFileSync(`tests/simulation/results/${summary.database}.json`, `${JSON.stringify(summary, null, 1)}\n`);
}
