/** A document that points to nothing sends its reader away. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { capture } from '../../scripts/run.ts';

const LINK = /\]\(([^)\s]+)\)/g;

function linksIn(page: string): string[] {
  const text = page.replace(/```[\s\S]*?```|`[^`\n]*`/g, '');
  return [...text.matchAll(LINK)].map(([, target = '']) => target);
}

/** @returns the anchors of its headings, by the rule that forges use. */
function anchorsOf(page: string): Set<string> {
  const headings = page.replace(/```[\s\S]*?```/g, '').matchAll(/^#+ (.+)$/gm);
  const slugs = [...headings].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set(slugs);
}

function isBroken(file: string, target: string): boolean {
  if (/^(https?|mailto):/.test(target)) return false;
  const [path = '', anchor] = target.split('#');
  const pointed = path === '' ? file : join(dirname(file), path);
  if (!existsSync(pointed)) return true;
  return anchor !== undefined && pointed.endsWith('.md') && !anchorsOf(readFileSync(pointed, 'utf8')).has(anchor);
}

describe('documents', () => {
  const pages = globSync('{*.md,docs/**/*.md,packages/*/*.md,bench/*.md,examples/**/*.md}', {
    exclude: ['**/node_modules'],
  });

  test('link only to what is there', () => {
    expect(pages.length).toBeGreaterThan(6);
    const broken = pages.flatMap((page) =>
      linksIn(readFileSync(page, 'utf8'))
        .filter((target) => isBroken(page, target))
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  test('made from the code say what the code says (npm run docs)', async () => {
    const { code, output } = await capture(process.execPath, [
      '--conditions=reeve-source',
      'scripts/docs.ts',
      '--check',
    ]);
    expect(output).toBe('');
    expect(code).toBe(0);
  });

  test('a broken link, and an anchor that is not there, would be seen', () => {
    expect(linksIn('[a](b.md) `[c](d.md)` [e](#f)')).toEqual(['b.md', '#f']);
    expect(isBroken('README.md', 'nowhere.md')).toBe(true);
    expect(isBroken('CONTRIBUTING.md', '#who-may-import-whom')).toBe(false);
    expect(isBroken('CONTRIBUTING.md', '#who-may-import-nobody')).toBe(true);
  });
});
