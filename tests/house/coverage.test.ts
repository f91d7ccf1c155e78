import { expect, test } from 'vitest';
import { coveredLines } from './coverage-report.ts';
import { needs } from './needs.ts';

test('[FD-12 coverage] the tests run at least 80 % of the lines of all packages', needs('coverage'), () => {
  const covered = coveredLines()!;
  console.log([...covered.byPackage].map(([name, percent]) => `${name} ${percent.toFixed(1)} %`).join(', '));
  expect(covered.all).toBeGreaterThanOrEqual(80);
});
