import { defineConfig } from 'vitest/config';
import { coverageOptions } from './tests/house/coverage-report.ts';

export default defineConfig({
  resolve: { conditions: ['reeve-source'] },
  ssr: { resolve: { conditions: ['reeve-source'], externalConditions: ['reeve-source'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'tests/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    pool: 'forks',
    execArgv: ['--conditions=reeve-source'],
    coverage: coverageOptions,
    // Ends what hangs; on a machine that others use too, starting a process alone may take many seconds.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    // More than a small machine has processors: much of the time of these tests is waiting for processes and for times.
    maxWorkers: 3,
  },
});
