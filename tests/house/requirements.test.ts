import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { citationsIn, malformedIn } from '../../scripts/citations.ts';
import { proofs, unknownCitations } from '../../scripts/proof.ts';
import { mergeReports, type Report, type TestOutcome } from '../../scripts/report.ts';
import { testFiles } from '../../scripts/sources.ts';
import { REQUIREMENTS, type Requirement } from '../requirements.ts';

/** The page that the data follows; it lives beside a checkout of the repository, not in it. */
const PAGE = new URL('../../../shared/design/requirements.md', import.meta.url);
const THIS_FILE = 'tests/house/requirements.test.ts';

describe('data', () => {
  test('every id, text and clause is well formed', () => {
    const all = Object.entries<Requirement>(REQUIREMENTS);
    expect(all.length).toBeGreaterThan(90);
    for (const [id, { text, clauses }] of all) {
      expect(id).toMatch(/^(HB|MK|TR|FL|FD|RD|LD)-\d{2}$/);
      expect(text.length, id).toBeGreaterThan(10);
      expect(new Set(clauses).size, `${id} names a clause twice`).toBe(clauses.length);
    }
  });

  // Defined only where the page is, instead of skipped: a skip needs a reason that somebody can remove.
  if (existsSync(PAGE)) {
    test('the ids are those of the design page', comparePage);
  }

  function comparePage(): void {
    const page = readFileSync(PAGE, 'utf8');
    const ids = [...page.matchAll(/^\| ([A-Z]{2}-\d{2}) \|/gm)].map(([, id]) => id ?? '');
    expect(Object.keys(REQUIREMENTS).toSorted()).toEqual(ids.toSorted());
  }

  test('every citation in the name of a test names a requirement and clauses that exist', () => {
    const files = testFiles().filter((file) => file !== THIS_FILE);
    const wrong = files.flatMap((file) => {
      const text = readFileSync(file, 'utf8');
      return unknownCitations(text, malformedIn(text)).map((fault) => `${file}: ${fault}`);
    });
    expect(wrong).toEqual([]);
  });
});

describe('citations', () => {
  test('an id may come with clauses, and a name may cite several', () => {
    expect(citationsIn('[HB-01 limits reserved] [FD-01] faults are named')).toEqual([
      { id: 'HB-01', clauses: ['limits', 'reserved'] },
      { id: 'FD-01', clauses: [] },
    ]);
  });

  test.each(['[HB-1]', '[HB-01, HB-02]', '[HB-01:limits]', '[hb HB-01]'])('%s is malformed', (text) => {
    expect(malformedIn(text)).toEqual([text]);
  });

  test('unknown ids and clauses are named', () => {
    expect(unknownCitations('[HB-99] [HB-09 luck]', [])).toEqual([
      '[HB-99] is no requirement',
      expect.stringContaining('[HB-09 luck]: the clauses of HB-09 are idempotency'),
    ]);
  });
});

describe('proof', () => {
  test('every clause cited by a passing test: proved', () => {
    expect(statusOf('LD-08', outcome('[LD-08 outcomes] a'), outcome('[LD-08 canaries] b')).status).toBe('proved');
  });

  test('no citing test: open', () => {
    expect(statusOf('LD-08').reasons).toEqual(['no test cites it']);
  });

  test('a clause without a passing test: open, and it is named', () => {
    const { status, reasons } = statusOf('LD-08', outcome('[LD-08 outcomes] a'), outcome('[LD-08] b'));
    expect({ status, reasons }).toEqual({ status: 'open', reasons: ['no passing test for: canaries'] });
  });

  test.each(['failed', 'skipped'] as const)('one citing test %s: open, whatever the others do', (state) => {
    const passing = outcome('[LD-08 outcomes canaries] a');
    expect(statusOf('LD-08', passing, outcome('[LD-08] b', state)).status).toBe('open');
  });

  test('a citing file that could not run: open', () => {
    const report = reportOf(outcome('[LD-08 outcomes canaries] a'));
    expect(proofs(report, new Set(['LD-08'])).get('LD-08')?.status).toBe('open');
  });

  test('the rest, run afterwards, replaces what its files had before', () => {
    const full = reportOf(
      outcome('[LD-08 outcomes canaries] a', 'skipped'),
      outcome('[LD-09] b', 'passed', 'b.test.ts'),
    );
    const merged = mergeReports(full, reportOf(outcome('[LD-08 outcomes canaries] a')));
    expect(merged.tests.map(({ name, state }) => [name, state])).toEqual([
      ['[LD-09] b', 'passed'],
      ['[LD-08 outcomes canaries] a', 'passed'],
    ]);
  });
});

function outcome(name: string, state: TestOutcome['state'] = 'passed', file = 'a.test.ts'): TestOutcome {
  return { file, name, state, needs: [], failures: [] };
}

function reportOf(...tests: TestOutcome[]): Report {
  return { tests, brokenFiles: [], startedAt: new Date(0) };
}

function statusOf(id: string, ...tests: TestOutcome[]) {
  const proof = proofs(reportOf(...tests)).get(id);
  if (proof === undefined) throw new Error(`no such requirement: ${id}`);
  return proof;
}
