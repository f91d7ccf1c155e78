import { existsSync, readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import type { CoverageOptions } from 'vitest/node';

const folder = 'reports/coverage';

/** Where the last run that measured it (`npm test -- --coverage`) says what of each source the tests ran. */
export const COVERAGE_REPORT = `${folder}/coverage-summary.json`;

/** For vitest: the sources of all packages, also those that no test loads. Child processes are not counted. */
export const coverageOptions = {
  provider: 'v8',
  include: ['packages/*/src/**/*.ts'],
  reporter: ['text-summary', 'json-summary'],
  reportsDirectory: folder,
} satisfies CoverageOptions;

type Counts = Record<'lines' | 'statements', { readonly total: number; readonly covered: number }>;

/** Covered lines in percent, of each package and of all. @returns undefined when it was not measured. */
export function coveredLines(): { readonly all: number; readonly byPackage: ReadonlyMap<string, number> } | undefined {
  if (!existsSync(COVERAGE_REPORT)) return undefined;
  const { total, ...files } = JSON.parse(readFileSync(COVERAGE_REPORT, 'utf8')) as Record<string, Counts>;
  const packages = Map.groupBy(Object.entries(files), ([file]) => relative('packages', file).split(sep)[0]!);
  const byPackage = [...packages].map(
    ([name, entries]) => [name, percent(entries.map(([, counts]) => counts))] as const,
  );
  return { all: percent([total!]), byPackage: new Map(byPackage) };
}

function percent(counts: readonly Counts[]): number {
  const sum = (field: 'total' | 'covered'): number => counts.reduce((all, { lines }) => all + lines[field], 0);
  return (100 * sum('covered')) / Math.max(1, sum('total'));
}
