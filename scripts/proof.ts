/**
 * What the last full run proves. A requirement is proved when tests cite it, every one of them passed, and each of its
 * clauses is cited by one of them. Skipped proves nothing; a test file that could not run keeps what it cites open.
 */
import { requirement, REQUIREMENTS, type Requirement } from '../tests/requirements.ts';
import { citationsIn, type Citation } from './citations.ts';
import type { Report, TestOutcome } from './report.ts';

export interface Proof {
  readonly status: 'proved' | 'open';
  /** `file: name` of every citing test. */
  readonly tests: readonly string[];
  /** Why it is open, in words; empty when proved. */
  readonly reasons: readonly string[];
}

interface Citing {
  readonly test: TestOutcome;
  readonly citation: Citation;
}

/** @param citedByBroken ids cited in test files that could not run. */
export function proofs(report: Report, citedByBroken: ReadonlySet<string> = new Set()): Map<string, Proof> {
  const citing = report.tests.flatMap((test) => citationsIn(test.name).map((citation) => ({ test, citation })));
  return new Map(
    Object.entries<Requirement>(REQUIREMENTS).map(([id, { clauses }]) => {
      const own = citing.filter(({ citation }) => citation.id === id);
      const broken = citedByBroken.has(id) ? ['a test file that cites it could not run'] : [];
      return [id, proof(own, clauses, broken)];
    }),
  );
}

function proof(citing: readonly Citing[], clauses: readonly string[], broken: readonly string[]): Proof {
  const tests = [...new Set(citing.map(({ test }) => `${test.file}: ${test.name}`))];
  const reasons = [...broken, ...notPassed(citing), ...uncitedClauses(citing, clauses)];
  if (tests.length === 0) return { status: 'open', tests, reasons: [...broken, 'no test cites it'] };
  return { status: reasons.length === 0 ? 'proved' : 'open', tests, reasons };
}

function notPassed(citing: readonly Citing[]): string[] {
  return [
    ...new Set(
      citing
        .filter(({ test }) => test.state !== 'passed')
        .map(({ test }) => `${test.state}: ${test.file}: ${test.name}`),
    ),
  ];
}

function uncitedClauses(citing: readonly Citing[], clauses: readonly string[]): string[] {
  const passed = citing.filter(({ test }) => test.state === 'passed');
  const cited = new Set(passed.flatMap(({ citation }) => citation.clauses));
  const uncited = clauses.filter((clause) => !cited.has(clause));
  return uncited.length === 0 ? [] : [`no passing test for: ${uncited.join(', ')}`];
}

/** What is wrong with the citations in a text: ids and clauses that do not exist, and malformed ones. */
export function unknownCitations(text: string, malformed: readonly string[]): string[] {
  return [
    ...malformed.map((attempt) => `${attempt} is not a citation: write [HB-01] or [HB-01 clause]`),
    ...citationsIn(text).flatMap(({ id, clauses }) => {
      const known = requirement(id);
      if (known === undefined) return [`[${id}] is no requirement`];
      return clauses
        .filter((clause) => !known.clauses.includes(clause))
        .map((clause) => `[${id} ${clause}]: the clauses of ${id} are ${known.clauses.join(', ') || 'none'}`);
    }),
  ];
}
