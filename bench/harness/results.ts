import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import type { Measurement } from './rounds.ts';

/** Writes `bench/results/<name>.json`: the figures with the machine, the commit and the day. */
export function writeResult(name: string, measurements: Record<string, Measurement>): void {
  const result = {
    name,
    date: new Date().toISOString().slice(0, 10),
    commit: git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', 'packages', 'bench') === '' ? '' : '+'),
    machine: { cpus: cpus().length, model: cpus()[0]?.model ?? 'unknown', memoryGb: Math.round(totalmem() / 2 ** 30) },
    node: process.version,
    measurements,
  };
  mkdirSync('bench/results', { recursive: true });
  writeFileSync(`bench/results/${name}.json`, `${JSON.stringify(result, null, 1)}\n`);
  process.stderr.write(`written to bench/results/${name}.json\n`);
}

function git(...parameters: string[]): string {
  return execFileSync('git', parameters, { encoding: 'utf8' }).trim();
}
