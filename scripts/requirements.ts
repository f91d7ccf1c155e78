/**
 * `npm run requirements`   which requirements the last full run of the tests proves, and by which tests
 * `npm run -s requirements -- --json`   `{ "HB-01": { "status": "proved" | "open", "tests": ["file: name", …] }, … }`
 */
import { readFileSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { REQUIREMENTS, type Requirement } from '../tests/requirements.ts';
import { citationsIn } from './citations.ts';
import { proofs, type Proof } from './proof.ts';
import { readLastRun, type Report } from './report.ts';
import { sourceFiles } from './sources.ts';

const { values: flags } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

const NEVER_RUN: Report = { tests: [], brokenFiles: [], startedAt: new Date(0) };

const lastRun = readLastRun();
if (lastRun === undefined) console.error('No full run of the tests yet: npm run test:all');
const report = lastRun ?? NEVER_RUN;
const all = proofs(report, citedByBrokenFiles(report));

if (flags.json) printJson(all);
else printTable(all);

function citedByBrokenFiles({ brokenFiles }: Report): Set<string> {
  return new Set(brokenFiles.flatMap(({ file }) => citationsIn(readFileSync(file, 'utf8')).map(({ id }) => id)));
}

function printJson(proved: ReadonlyMap<string, Proof>): void {
  const entries = [...proved].map(([id, { status, tests }]) => [id, { status, tests }]);
  console.log(JSON.stringify(Object.fromEntries(entries), undefined, 2));
}

function printTable(proved: ReadonlyMap<string, Proof>): void {
  const cited = [...proved].filter(([, { tests, reasons }]) => tests.length > 0 || reasons.length > 1);
  for (const [id, { status, tests, reasons }] of cited) {
    console.log(`${id}  ${status.padEnd(6)}  ${(REQUIREMENTS as Record<string, Requirement>)[id]?.text}`);
    for (const test of tests) console.log(`         ${test}`);
    for (const reason of reasons) console.log(`       ! ${reason}`);
  }
  const untested = [...proved.keys()].filter((id) => !cited.some(([other]) => other === id));
  if (untested.length > 0) console.log(`\nNo test yet: ${untested.join(' ')}`);
  const provedCount = [...proved.values()].filter(({ status }) => status === 'proved').length;
  const changed = sourceFiles().filter((file) => statSync(file).mtime > report.startedAt);
  if (changed.length > 0) console.log(`\nChanged since that run: ${changed[0]} and ${changed.length - 1} more files`);
  console.log(`\n${provedCount} of ${proved.size} proved by the run of ${report.startedAt.toISOString()}`);
}
