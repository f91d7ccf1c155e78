/** Copies of the house that npm need not install: their `@reeve/*` are their own packages, all else is borrowed. */
import { cpSync, existsSync, globSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Whatever a test may read: sources, documents it checks, settings. Never what was installed or built. */
const COPIED = ['.dependency-cruiser.cjs', '*.{json,ts,md,toml}', '{packages,tests,scripts,bench,docs,examples}/**/*'];
const LEFT_OUT = ['**/node_modules', '**/dist', '**/reports', '**/.reeve'];

export function copyWorkspace(root: string, copy: string): void {
  for (const entry of globSync(COPIED, { cwd: root, exclude: LEFT_OUT, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const target = join(copy, file.slice(root.length));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(file, target);
  }
  linkModules(root, copy);
}

/**
 * Gives the copy a `node_modules` in which installed packages are those of `root` and workspace packages its own:
 * without that, `@reeve/hub` would be the original, and a change in the copy would change nothing.
 */
export function linkModules(root: string, copy: string): void {
  const installed = readdirSync(join(root, 'node_modules')).filter(
    (name) => name !== '@reeve' && !name.startsWith('.'),
  );
  mkdirSync(join(copy, 'node_modules', '@reeve'), { recursive: true });
  for (const name of [...installed, '.bin'])
    symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name));
  for (const name of readdirSync(join(copy, 'packages'))) {
    symlinkSync(join('..', '..', 'packages', name), join(copy, 'node_modules', '@reeve', name));
    const own = join(root, 'packages', name, 'node_modules'); // versions that differ from those at the root
    if (existsSync(own)) symlinkSync(own, join(copy, 'packages', name, 'node_modules'));
  }
}
