/** The TypeScript files of the repository, as the disk has them: what law, lint rules of our own and mutants look at. */
import { globSync } from 'node:fs';

const PLACES = ['packages/*/{src,test,bench}', 'tests', 'bench', 'scripts', 'examples'];
/** The peers of benchmarks stand on packages that are installed with them, not with Reeve. */
const NOT_OURS = ['**/node_modules', '**/dist', 'bench/peers/queues'];

/** @returns paths relative to `root`, sorted. */
export function sourceFiles(root = process.cwd()): string[] {
  const patterns = PLACES.map((place) => `${place}/**/*.ts`);
  return globSync(patterns, { cwd: root, exclude: NOT_OURS })
    .filter((file) => !file.endsWith('.d.ts'))
    .sort();
}

export function testFiles(root = process.cwd()): string[] {
  return sourceFiles(root).filter((file) => file.endsWith('.test.ts'));
}
