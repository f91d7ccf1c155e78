import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** What Debian puts on every machine, and what is in this repository in any case. */
const sources = [
  '/usr/share/common-licenses/*',
  ...['LICENSE', '*.md', 'docs/**/*.md', 'packages/*/src/**/*.ts'].map(inRoot),
];

/** So many lines of real text, empty ones left out; from the first again where there are not enough. */
export function readCorpus(lineCount: number): string[] {
  const lines = sources
    .flatMap((pattern) => globSync(pattern).sort())
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .filter((line) => line.trim() !== '');
  return Array.from({ length: lineCount }, (_, number) => lines[number % lines.length]!);
}

function inRoot(pattern: string): string {
  return join(root, pattern);
}
