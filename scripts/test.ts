/**
 * `npm test [filter …]`    every test that needs nothing but npm
 * `npm run test:all`       every test; refuses to begin while something they need is missing
 *   -- --present           includes what is there and names what is missing, instead of refusing
 *   -- --rest              only the files that had skipped tests in the last run
 *   -- --coverage          measures what of the sources the tests run; always in CI
 *
 * A run without filters leaves its report in `reports/`, where `npm run requirements` reads it; a filtered one does not.
 */
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { missing, NEEDED, present, type Need } from '../tests/house/needs.ts';
import { COVERAGE_REPORT } from '../tests/house/coverage-report.ts';
import { readLastRun, readReport, REPORT, REST_REPORT, tally, type TestOutcome } from './report.ts';
import { run as start } from './run.ts';

const { values: flags, positionals: filters } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    present: { type: 'boolean', default: false },
    rest: { type: 'boolean', default: false },
    coverage: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const isFull = filters.length === 0;
const measuresCoverage = isFull && !flags.all && (flags.coverage || process.env['CI'] !== undefined);
const reportFile = flags.rest ? REST_REPORT : REPORT;

process.exitCode = await main();

async function main(): Promise<number> {
  const included = flags.all ? present() : [];
  if (flags.all && !announceMissing()) return 1;
  const files = flags.rest ? filesWithSkippedTests() : filters;
  if (flags.rest && files.length === 0) {
    console.log('Nothing was skipped in the last run.');
    return 0;
  }
  if (isFull) for (const old of [reportFile, REST_REPORT]) rmSync(old, { force: true });
  if (measuresCoverage) rmSync(COVERAGE_REPORT, { force: true });
  const code = await vitest(files, included);
  return isFull ? summarise(code) : code;
}

/** @returns whether the run may begin. */
function announceMissing(): boolean {
  const absent = missing().filter((need) => isFull || need !== 'coverage'); // said of all tests, not of some files
  for (const need of absent) console.error(`Missing: ${need} (${NEEDED[need].why}). ${NEEDED[need].how}`);
  return absent.length === 0 || flags.present;
}

function filesWithSkippedTests(): string[] {
  const skipped = readReport(REPORT)?.tests.filter(({ state }) => state === 'skipped') ?? [];
  return [...new Set(skipped.map(({ file }) => file))];
}

function vitest(files: readonly string[], included: readonly Need[]): Promise<number> {
  const reporters = isFull ? ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`] : [];
  const coverage = measuresCoverage ? ['--coverage'] : [];
  const environment = flags.all ? { REEVE_TEST_WITH: included.join(',') } : {};
  return start(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...coverage, ...files], {
    // Tests start hundreds of processes: half of what one costs is reading its code, which is kept here.
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? resolve('node_modules/.cache/node'),
    ...environment,
  });
}

/**
 * Says what was left out and how to include it. A test skipped for no stated reason fails the run.
 * After `--rest` the sums are those of both runs, the exit code is that of this one.
 */
function summarise(code: number): number {
  const [run, both] = [readReport(reportFile), readLastRun()];
  if (run === undefined || both === undefined) {
    console.error(`vitest ended without a report (exit code ${code})`);
    return code || 1;
  }
  const skipped = both.tests.filter(({ state }) => state === 'skipped');
  announceSkipped(skipped);
  const unexplained = skipped.filter(({ needs }) => needs.length === 0);
  for (const { file, name } of unexplained) console.error(`Skipped without stating a need: ${file}: ${name}`);
  const { passed, failed } = tally(both);
  console.log(`Tests: ${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  return code || (tally(run).failed > 0 || unexplained.length > 0 ? 1 : 0);
}

function announceSkipped(skipped: readonly TestOutcome[]): void {
  const needs = new Set(skipped.flatMap((test) => test.needs));
  for (const need of needs) {
    const count = skipped.filter((test) => test.needs.includes(need)).length;
    console.log(`Skipped ${count} for want of ${need} (${NEEDED[need].why}): ${NEEDED[need].how}`);
  }
  if (needs.size > 0) console.log('To include them: npm run test:all');
}
