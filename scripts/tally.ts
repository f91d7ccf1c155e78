/**
 * `npm run -s tally`              passed and failed tests of the last full run, as two numbers, for programs
 * `npm run -s tally -- --failed`  each that failed with the first lines of its failure, nothing when none did
 */
import { parseArgs } from 'node:util';
import { readLastRun, tally, type Report } from './report.ts';

const { values: flags } = parseArgs({ options: { failed: { type: 'boolean', default: false } } });
const report: Report = readLastRun() ?? { tests: [], brokenFiles: [], startedAt: new Date(0) };

if (flags.failed) printFailed();
else printCounts();

function printCounts(): void {
  const { passed, failed } = tally(report);
  console.log(`${passed} ${failed}`);
}

function printFailed(): void {
  const broken = report.brokenFiles.map(({ file, message }) => ({ name: file, message }));
  const failed = report.tests
    .filter(({ state }) => state === 'failed')
    .map(({ file, name, failures }) => ({ name: `${file}: ${name}`, message: failures.join('\n') }));
  for (const { name, message } of [...broken, ...failed])
    console.log(`Failed: ${name}\n${message.split('\n').slice(0, 4).join('\n').replaceAll(/^/gm, '    ')}`);
}
