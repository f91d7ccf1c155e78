import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['reeve-source'] },
  ssr: { resolve: { conditions: ['reeve-source'], externalConditions: ['reeve-source'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'tests/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    pool: 'forks',
    execArgv: ['--conditions=reeve-source'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
});
