import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import type { Measurement } from './rounds.ts';

/** One file in `bench/results`. */
export interface Result {
  readonly name: string;
  /** How it is made. */
  readonly command: string;
  readonly measurements: Readonly<Record<string, Recorded>>;
}

/** The day, the commit (`+`: and changes to it) and the machine. */
export interface Circumstances {
  readonly date: string;
  readonly commit: string;
  readonly machine: { readonly cpus: number; readonly model: string; readonly memoryGb: number };
  readonly node: string;
}

export type Recorded = Measurement & Circumstances;

/** Writes measurements to `bench/results/<name>.json`; those that were not made this time stay as they were. */
export function writeResult(
  name: string,
  measurements: Record<string, Measurement>,
  command = `npm run bench -- ${name}`,
): void {
  const made = Object.entries(measurements).map(([what, figures]) => [what, { ...circumstances(), ...figures }]);
  const file = `bench/results/${name}.json`;
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Result).measurements : {};
  const result: Result = {
    name,
    command,
    measurements: { ...before, ...(Object.fromEntries(made) as Record<string, Recorded>) },
  };
  mkdirSync('bench/results', { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`);
  process.stderr.write(`written to ${file}; npm run docs puts it into bench/README.md\n`);
}

export function circumstances(): Circumstances {
  return {
    date: new Date().toISOString().slice(0, 10),
    commit:
      git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', 'packages', 'bench/*.ts') === '' ? '' : '+'),
    machine: { cpus: cpus().length, model: cpus()[0]?.model ?? 'unknown', memoryGb: Math.round(totalmem() / 2 ** 30) },
    node: process.version,
  };
}

function git(...parameters: string[]): string {
  return execFileSync('git', parameters, { encoding: 'utf8' }).trim();
}
