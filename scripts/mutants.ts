/**
 * `npm run mutants`   breaks each guarantee in a copy of the house and fails if the cited tests do not notice
 *   -- --only A,B     those whose name contains A or B
 *   -- --json         the verdicts as JSON, nothing else
 *   -- --all          a mutant that cannot be tried for want of something (strace, …) fails too
 */
import { globSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { nearestNames } from '@reeve/kernel';
import type { Mutant } from '../tests/mutants/mutant.ts';
import { Baselines, tryMutant, type Verdict } from './mutation.ts';
import { readLastRun, type Report } from './report.ts';
import { sourceFiles } from './sources.ts';
import { copyWorkspace } from './workspace.ts';

/** Each runs a test file of its own: more would only make tests late that watch the clock. */
const AT_ONCE = 2;

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    root: { type: 'string', default: '.' },
  },
});
const root = resolve(flags.root);
process.exitCode = await main();

async function main(): Promise<number> {
  const all = await readMutants();
  const parts = flags.only.split(',').map((part) => part.trim());
  const wanted = flags.only === '' ? [''] : parts.filter((part) => part !== '');
  for (const part of wanted) if (!all.some(({ name }) => name.includes(part))) return refuse(part, all);
  const verdicts = await tryAll(all.filter(({ name }) => wanted.some((part) => name.includes(part))));
  if (flags.json) console.log(JSON.stringify(verdicts, undefined, 2));
  else printSummary(verdicts);
  const failing = flags.all ? ['survived', 'invalid', 'skipped'] : ['survived', 'invalid'];
  return verdicts.some(({ outcome }) => failing.includes(outcome)) ? 1 : 0;
}

/** A misspelt name must not pass for mutants that all died. */
function refuse(part: string, all: readonly Mutant[]): number {
  const names = all.map(({ name }) => name);
  const nearest = nearestNames(part, names);
  const hint = nearest.length > 0 ? `; the nearest are ${nearest.join(', ')}` : '';
  console.error(`No mutant has "${part}" in its name${hint}.`);
  return 2;
}

async function readMutants(): Promise<Mutant[]> {
  const files = globSync('tests/mutants/*.ts', { cwd: root }).filter((file) => basename(file) !== 'mutant.ts');
  const modules = await Promise.all(files.sort().map((file) => import(pathToFileURL(join(root, file)).href)));
  return (modules as { mutants: readonly Mutant[] }[]).flatMap((module) => module.mutants);
}

async function tryAll(all: readonly Mutant[]): Promise<Verdict[]> {
  const waiting = [...all];
  const baselines = new Baselines(currentRun());
  const done: Verdict[] = [];
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, all.length) }, worker));
  return done.sort((a, b) => (a.mutant.name < b.mutant.name ? -1 : 1));

  async function worker(): Promise<void> {
    const copy = mkdtempSync(join(tmpdir(), 'reeve-mutants-'));
    try {
      copyWorkspace(root, copy);
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const verdict = await tryMutant(mutant, copy, baselines);
        done.push(verdict);
        if (!flags.json) print(verdict);
      }
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  }
}

/** The last full run of the tests, unless something has changed since. */
function currentRun(): Report | undefined {
  const run = readLastRun(root);
  const isCurrent =
    run !== undefined && sourceFiles(root).every((file) => statSync(join(root, file)).mtime < run.startedAt);
  return isCurrent ? run : undefined;
}

function print({ mutant, outcome, reason }: Verdict): void {
  const sign = outcome === 'killed' ? '✓' : outcome === 'skipped' ? '-' : '✗';
  console.log(`${sign} ${outcome.padEnd(8)} ${mutant.guarantee.padEnd(20)} ${mutant.name}`);
  if (outcome !== 'killed') console.log(`             ${mutant.file}\n             ${mutant.test}`);
  console.log(`             ${reason.slice(0, 200)}`);
}

function printSummary(verdicts: readonly Verdict[]): void {
  const count = (outcome: Verdict['outcome']): number =>
    verdicts.filter((verdict) => verdict.outcome === outcome).length;
  const parts = (['killed', 'survived', 'invalid', 'skipped'] as const).map(
    (outcome) => `${count(outcome)} ${outcome}`,
  );
  const alive = verdicts.filter(({ outcome }) => outcome === 'survived' || outcome === 'invalid');
  if (alive.length > 0) console.log('\nNot killed:');
  for (const verdict of alive) print(verdict);
  console.log(`\nMutants: ${parts.join(', ')}, in ${Math.round(performance.now() / 1000)} s`);
}
