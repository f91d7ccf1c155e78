/**
 * `npm run docs` writes the pages that are made from the code; `npm run docs -- --check` fails when one is not current.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { configurationPage } from '@reeve/platform';
import { queuesPlot } from './pages/bench-plot.ts';
import { benchPage } from './pages/bench.ts';
import { errorsPage } from './pages/errors.ts';

/** `undefined`: there is nothing to show yet. */
const PAGES: Readonly<Record<string, () => string | undefined | Promise<string>>> = {
  'bench/README.md': benchPage,
  'bench/plots/queues.svg': queuesPlot,
  'docs/reference/configuration.md': configurationPage,
  'docs/reference/errors.md': errorsPage,
};

const { values: flags } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

for (const [file, render] of Object.entries(PAGES)) {
  const page = await render();
  if (page === undefined) continue;
  if (existsSync(file) && readFileSync(file, 'utf8') === page) continue;
  if (flags.check) {
    console.error(`${file} is not what the code says: run npm run docs and commit it`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, page);
    console.log(`Wrote ${file}`);
  }
}
