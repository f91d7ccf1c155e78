import { defineConfig } from 'vitest/config';
import { coverageOptions } from './tests/house/coverage-report.ts';

/** Files that need modules of their own: they import other test files, or watch what a module keeps. */
const alone = [
  'packages/hub/test/postgres/suites.test.ts',
  'packages/platform/test/database/postgres.test.ts',
  'packages/kernel/test/ids-and-time.test.ts',
];
const notTests = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  resolve: { conditions: ['reeve-source'] },
  ssr: { resolve: { conditions: ['reeve-source'], externalConditions: ['reeve-source'] } },
  test: {
    pool: 'forks',
    execArgv: ['--conditions=reeve-source'],
    coverage: coverageOptions,
    // Ends what hangs; on a machine that others use too, starting a process alone may take many seconds.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    // More than a small machine has processors: much of the time of these tests is waiting for processes and for times.
    maxWorkers: 3,
    projects: [
      // Loading the house anew for each file would take a quarter of the time of all tests.
      {
        extends: true,
        test: {
          name: 'packages',
          include: ['packages/*/test/**/*.test.ts'],
          exclude: [...notTests, ...alone],
          isolate: false,
        },
      },
      { extends: true, test: { name: 'system', include: ['tests/**/*.test.ts', ...alone], exclude: notTests } },
    ],
  },
});
