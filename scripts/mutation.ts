/**
 * One mutant: baseline, change, the tests that must notice, verdict.
 *
 * `killed` needs all of this: the tests passed unchanged, the changed file still parses, the test file still loads, and
 * a test failed for what it saw. A mutant that only breaks the program (TypeError, …) proves nothing: `invalid`.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import type { Mutant } from '../tests/mutants/mutant.ts';
import { present } from '../tests/house/needs.ts';
import { citationsIn } from './citations.ts';
import { readReport, type Report, type TestOutcome } from './report.ts';
import { capture } from './run.ts';

export interface Verdict {
  readonly mutant: Mutant;
  /** `skipped`: what its tests need is not here. */
  readonly outcome: 'killed' | 'survived' | 'invalid' | 'skipped';
  readonly reason: string;
}

/** Longest run of one test file; a mutant that hangs must be noticed by the test's own time-out. */
const RUN_TIMEOUT_MS = 180_000;
const PROGRAM_BROKEN = /^(SyntaxError|ReferenceError|TypeError|RangeError \[ERR_|Error \[ERR_MODULE)/;

/** @param copy a copy of the house of its own; it is put back as it was. */
export async function tryMutant(mutant: Mutant, copy: string, baselines: Baselines): Promise<Verdict> {
  const file = join(copy, mutant.file);
  const original = readFileSync(file, 'utf8');
  const unfit = faultOf(mutant, original);
  if (unfit !== undefined) return { mutant, outcome: 'invalid', reason: unfit };
  const baseline = await baselines.of(mutant, copy);
  if (baseline !== undefined) return { mutant, ...baseline };
  writeFileSync(file, mutated(mutant, original));
  try {
    return { mutant, ...judge(await runTests(mutant, copy)) };
  } finally {
    writeFileSync(file, original);
  }
}

/** What is wrong with the mutant as data, without running anything. */
export function faultOf(mutant: Mutant, original: string): string | undefined {
  const count = original.split(mutant.find).length - 1;
  if (count !== 1) return `"find" occurs ${count} times in ${mutant.file}, not once`;
  if (mutant.find === mutant.replace) return '"replace" changes nothing';
  try {
    stripTypeScriptTypes(mutated(mutant, original));
    return undefined;
  } catch (error) {
    return `the changed file does not parse: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function mutated({ find, replace }: Mutant, original: string): string {
  return original.replace(find, () => replace); // a function: "$&" in a mutant means itself
}

type Finding = Pick<Verdict, 'outcome' | 'reason'>;

/** Whether the tests of a mutant pass unchanged: each asked once, however many mutants share them. */
export class Baselines {
  readonly #known = new Map<string, Promise<Finding | undefined>>();
  readonly #lastRun: Report | undefined;

  /** @param lastRun a run of the tests as they are now, if there is one: what passed in it is not asked again. */
  constructor(lastRun: Report | undefined) {
    this.#lastRun = lastRun;
  }

  /** @returns why the mutant cannot be judged, or undefined when its tests pass. */
  of(mutant: Mutant, copy: string): Promise<Finding | undefined> {
    const key = `${mutant.test}\n${namePart(mutant)}`;
    const known =
      this.#known.get(key) ?? (this.#passed(mutant) ? Promise.resolve(undefined) : judgeBaseline(mutant, copy));
    this.#known.set(key, known);
    return known;
  }

  #passed(mutant: Mutant): boolean {
    const tests = this.#lastRun ? concerned(mutant, this.#lastRun) : [];
    return tests.length > 0 && tests.every(({ state }) => state === 'passed');
  }
}

async function judgeBaseline(mutant: Mutant, copy: string): Promise<Finding | undefined> {
  const { tests, problem } = await runTests(mutant, copy);
  if (problem !== undefined) return { outcome: 'invalid', reason: `unchanged, ${problem}` };
  const failed = tests.find(({ state }) => state === 'failed');
  if (failed) return { outcome: 'invalid', reason: `unchanged, it fails already: ${failed.name}` };
  if (tests.some(({ state }) => state === 'passed')) return undefined;
  const needed = [...new Set(tests.flatMap(({ needs }) => needs))];
  if (needed.length === 0) return { outcome: 'invalid', reason: `no test of ${mutant.test} has ${namePart(mutant)}` };
  return { outcome: 'skipped', reason: `needs ${needed.join(', ')}` };
}

function judge({ tests, problem }: TestRun): Finding {
  if (problem !== undefined) return { outcome: 'invalid', reason: problem };
  const failures = tests.flatMap(({ state, failures: messages }) => (state === 'failed' ? messages : []));
  const [noticed] = failures.filter((message) => !PROGRAM_BROKEN.test(message));
  if (noticed !== undefined) return { outcome: 'killed', reason: firstLine(noticed) };
  const [broken] = failures;
  if (broken !== undefined) return { outcome: 'invalid', reason: `it only breaks the program: ${firstLine(broken)}` };
  return { outcome: 'survived', reason: `${tests.length} tests noticed nothing` };
}

interface TestRun {
  /** Those that must notice. */
  readonly tests: readonly TestOutcome[];
  /** Why nothing can be said about them. */
  readonly problem: string | undefined;
}

async function runTests(mutant: Mutant, copy: string): Promise<TestRun> {
  const reportFile = 'reports/mutant.json';
  rmSync(join(copy, reportFile), { force: true });
  const parameters = [
    'run',
    mutant.test,
    '-t',
    escaped(namePart(mutant)),
    '--reporter=json',
    `--outputFile=${reportFile}`,
  ];
  const { code, output } = await capture(process.execPath, ['node_modules/vitest/vitest.mjs', ...parameters], {
    folder: copy,
    environment: { REEVE_TEST_WITH: present().join(',') },
    timeoutMs: RUN_TIMEOUT_MS,
  });
  if (code === 124) return { tests: [], problem: `${mutant.test} ran for more than ${RUN_TIMEOUT_MS / 1000} s` };
  const report = readReport(reportFile, copy);
  if (report === undefined) return { tests: [], problem: `vitest left no report: ${output.trim().slice(-300)}` };
  return { tests: concerned(mutant, report), problem: brokenFile(mutant, report) };
}

function brokenFile({ test }: Mutant, { brokenFiles }: Report): string | undefined {
  const broken = brokenFiles.find(({ file }) => file === test);
  return broken && `${test} could not run: ${firstLine(broken.message)}`;
}

function concerned(mutant: Mutant, { tests }: Report): TestOutcome[] {
  const id = requirementOf(mutant);
  const isConcerned = ({ name }: TestOutcome): boolean =>
    mutant.testName === undefined
      ? citationsIn(name).some((citation) => citation.id === id)
      : name.replaceAll(' > ', ' ').includes(mutant.testName);
  return tests.filter((test) => test.file === mutant.test && isConcerned(test));
}

export function requirementOf({ guarantee }: Mutant): string {
  return guarantee.split(' ')[0] ?? '';
}

function namePart(mutant: Mutant): string {
  return mutant.testName ?? `[${requirementOf(mutant)}`;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? '';
}
