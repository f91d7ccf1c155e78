import { glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { about } from './about.ts';

/** What the model reads, relative to the root of the repository; in a published package, to the root of the package. */
const corpusSources = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'LICENSE',
  'docs/**/*.md',
  'packages/*/README.md',
] as const;

/** Enough to sound like the documents, little enough to be learnt in a few tens of milliseconds. */
const maxCorpusChars = 400_000;

/**
 * The texts to train on. They are looked for from the folder of this module upwards, so that the directory a process
 * was started in makes no difference; a text about Reeve that is part of the program comes first and is always there.
 */
export async function readCorpus(from: string = import.meta.dirname): Promise<string[]> {
  const texts: string[] = [about];
  let left = maxCorpusChars;
  for (const file of await corpusFiles(from)) {
    const text = await readFile(file, 'utf8');
    texts.push(text.slice(0, left));
    left -= text.length;
    if (left <= 0) break;
  }
  return texts;
}

async function corpusFiles(from: string): Promise<string[]> {
  const root = await findRoot(from);
  if (root === undefined) return [];
  const files: string[] = [];
  for (const pattern of corpusSources) {
    const names: string[] = [];
    for await (const name of glob(pattern, { cwd: root })) names.push(name);
    files.push(...names.sort().map((name) => join(root, name)));
  }
  return files;
}

/** The root of the repository when the module lies in one, otherwise that of its package. */
async function findRoot(from: string): Promise<string | undefined> {
  let packageRoot: string | undefined;
  for (let folder = from; ; folder = dirname(folder)) {
    const name = await packageName(folder);
    if (name === 'reeve-workspace') return folder;
    if (name === '@reeve/market') packageRoot = folder;
    if (folder === dirname(folder)) return packageRoot;
  }
}

/** A folder without a readable `package.json` is no root: whatever the reason, the built-in text is enough to go on. */
async function packageName(folder: string): Promise<unknown> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    return typeof manifest === 'object' && manifest !== null && 'name' in manifest ? manifest.name : undefined;
  } catch {
    return undefined;
  }
}
