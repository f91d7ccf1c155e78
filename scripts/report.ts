/**
 * The last full run of the tests, as vitest's JSON reporter left it in `reports/` (kept out of git).
 * `rest.json` is a second run of the files that had skipped tests; its results replace theirs.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Need } from '../tests/house/needs.ts';

export const REPORT = 'reports/tests.json';
export const REST_REPORT = 'reports/rest.json';

export interface TestOutcome {
  /** Relative to the root of the repository. */
  readonly file: string;
  /** Names of the `describe`s around it and its own, joined by ` > `. */
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly needs: readonly Need[];
  readonly failures: readonly string[];
}

export interface Report {
  readonly tests: readonly TestOutcome[];
  /** Files that could not be run at all (a syntax error, an import that fails, a crashed worker), with the message. */
  readonly brokenFiles: readonly { readonly file: string; readonly message: string }[];
  readonly startedAt: Date;
}

interface VitestJson {
  startTime: number;
  testResults: {
    name: string;
    status: 'passed' | 'failed';
    message: string;
    assertionResults: {
      ancestorTitles: string[];
      title: string;
      status: string;
      failureMessages: string[];
      meta: { needs?: Need[] };
    }[];
  }[];
}

/** @returns undefined when there was no such run. */
export function readReport(file: string, root = process.cwd()): Report | undefined {
  if (!existsSync(join(root, file))) return undefined;
  return parseReport(JSON.parse(readFileSync(join(root, file), 'utf8')) as VitestJson, root);
}

/** The last full run, with the skipped rest where it was run afterwards. */
export function readLastRun(root = process.cwd()): Report | undefined {
  const full = readReport(REPORT, root);
  const rest = readReport(REST_REPORT, root);
  return full && rest ? mergeReports(full, rest) : full;
}

export function mergeReports(full: Report, rest: Report): Report {
  const again = new Set([...rest.tests, ...rest.brokenFiles].map(({ file }) => file));
  return {
    startedAt: full.startedAt,
    tests: [...full.tests.filter(({ file }) => !again.has(file)), ...rest.tests],
    brokenFiles: [...full.brokenFiles.filter(({ file }) => !again.has(file)), ...rest.brokenFiles],
  };
}

export function parseReport(json: VitestJson, root: string): Report {
  const tests = json.testResults.flatMap((result) =>
    result.assertionResults.map((test): TestOutcome => ({
      file: relative(root, result.name),
      name: [...test.ancestorTitles.filter((title) => title !== ''), test.title].join(' > '),
      state: test.status === 'passed' || test.status === 'failed' ? test.status : 'skipped',
      needs: test.meta.needs ?? [],
      failures: test.failureMessages,
    })),
  );
  const brokenFiles = json.testResults
    .filter(
      (result) => result.status === 'failed' && !result.assertionResults.some(({ status }) => status === 'failed'),
    )
    .map((result) => ({ file: relative(root, result.name), message: result.message }));
  return { tests, brokenFiles, startedAt: new Date(json.startTime) };
}

/** A file that could not run counts as one failure: its tests are not there to be counted. */
export function tally({ tests, brokenFiles }: Report): { passed: number; failed: number } {
  const count = (state: TestOutcome['state']): number => tests.filter((test) => test.state === state).length;
  return { passed: count('passed'), failed: count('failed') + brokenFiles.length };
}
