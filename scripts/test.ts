/**
 * `npm test [filter …]`   every test that needs nothing but npm
 * `npm run test:all`      every test; refuses to begin while something they need is missing
 * `npm run test:all -- --rest`   only the files that had skipped tests in the last run
 *
 * A run without filters leaves its report in `reports/`, where `npm run requirements` reads it; a filtered one does not.
 */
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { missing, NEEDED, type Need } from '../tests/house/needs.ts';
import { readLastRun, readReport, REPORT, REST_REPORT, type Report, type TestOutcome } from './report.ts';
import { run } from './run.ts';

const { values: flags, positionals: filters } = parseArgs({
  options: { all: { type: 'boolean', default: false }, rest: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const isFull = filters.length === 0;
const report = flags.rest ? REST_REPORT : REPORT;

process.exitCode = await main();

async function main(): Promise<number> {
  if ((flags.all || flags.rest) && !everythingIsHere()) return 1;
  const files = flags.rest ? filesWithSkippedTests() : filters;
  if (flags.rest && files.length === 0) return say('Nothing was skipped in the last run.', 0);
  if (isFull) rmSync(REST_REPORT, { force: true });
  if (isFull) rmSync(report, { force: true });
  const code = await vitest(files);
  if (!isFull) return code;
  const outcome = readReport(report);
  if (outcome === undefined) return say(`vitest ended without a report (exit code ${code}).`, code || 1);
  return summarise(outcome, code);
}

function vitest(files: readonly string[]): Promise<number> {
  const reporters = isFull ? ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`] : [];
  const environment = flags.all || flags.rest ? { REEVE_TEST_WITH: 'all' } : {};
  return run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...files], environment);
}

function everythingIsHere(): boolean {
  for (const need of missing()) say(`Missing ${need} (${NEEDED[need].why}): ${NEEDED[need].how}`, 1);
  return missing().length === 0;
}

function filesWithSkippedTests(): string[] {
  const skipped = readReport(REPORT)?.tests.filter(({ state }) => state === 'skipped') ?? [];
  return [...new Set(skipped.map(({ file }) => file))];
}

/** Says what was left out and how to include it; a test skipped for no stated reason fails the run. */
function summarise(outcome: Report, code: number): number {
  const skipped = outcome.tests.filter(({ state }) => state === 'skipped');
  for (const [need, tests] of byNeed(skipped)) {
    say(`Skipped ${tests.length}: ${NEEDED[need].why} (${need}: ${NEEDED[need].how})`, 0);
  }
  if (skipped.length > 0) say('Include them with: npm run test:all', 0);
  const unexplained = skipped.filter(({ needs }) => needs.length === 0);
  for (const { file, name } of unexplained) say(`Skipped without a need: ${file}: ${name}`, 1);
  const { tests, brokenFiles } = readLastRun() ?? outcome;
  const failed = tests.filter(({ state }) => state === 'failed').length + brokenFiles.length;
  console.log(`${tests.filter(({ state }) => state === 'passed').length} passed, ${failed} failed`);
  return code || (unexplained.length > 0 || failed > 0 ? 1 : 0);
}

function byNeed(skipped: readonly TestOutcome[]): Map<Need, TestOutcome[]> {
  const groups = new Map<Need, TestOutcome[]>();
  for (const test of skipped) {
    for (const need of test.needs) groups.set(need, [...(groups.get(need) ?? []), test]);
  }
  return groups;
}

function say(line: string, code: number): number {
  (code === 0 ? console.log : console.error)(line);
  return code;
}
