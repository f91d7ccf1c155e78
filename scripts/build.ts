/**
 * `npm run build`: JavaScript and declarations of every package in its `dist/`, so that a published package runs with
 * plain Node and needs no TypeScript. Packages are built in the order in which they need one another, and every door of
 * each is opened once by a Node that knows nothing of the source.
 */
import { cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { capture } from './run.ts';

interface Package {
  readonly name: string;
  readonly folder: string;
  readonly needs: readonly string[];
  /** What `exports` leads to in `dist/`, relative to the folder. */
  readonly doors: readonly string[];
}

const root = resolve(process.argv[2] ?? '.');

try {
  for (const built of inOrder(readPackages())) {
    await build(built);
    await openDoors(built);
    console.log(`✓ ${built.name}`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function readPackages(): Package[] {
  return globSync('packages/*/package.json', { cwd: root }).map((file) => {
    const manifest = JSON.parse(readFileSync(join(root, file), 'utf8')) as {
      name: string;
      dependencies?: Record<string, string>;
      exports: Record<string, { default: string }>;
    };
    const needs = Object.keys(manifest.dependencies ?? {}).filter((name) => name.startsWith('@reeve/'));
    const doors = Object.values(manifest.exports).map((door) => door.default);
    return { name: manifest.name, folder: join(root, dirname(file)), needs, doors };
  });
}

function inOrder(packages: readonly Package[]): Package[] {
  const placed: Package[] = [];
  while (placed.length < packages.length) {
    const isPlaced = (name: string): boolean => placed.some((other) => other.name === name);
    const next = packages.find(({ name, needs }) => !isPlaced(name) && needs.every(isPlaced));
    if (next === undefined) throw new Error('packages need one another in a circle, or one that is not there');
    placed.push(next);
  }
  return placed;
}

async function build({ name, folder }: Package): Promise<void> {
  rmSync(join(folder, 'dist'), { recursive: true, force: true });
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { code, output } = await capture(process.execPath, [tsc, '-p', join(folder, 'tsconfig.build.json')]);
  if (code !== 0) throw new Error(`${name} does not build:\n${output}`);
  copyAssets(folder);
  for (const file of globSync('dist/**/*.js', { cwd: folder })) pointToJavaScript(folder, file);
}

async function openDoors({ name, folder, doors }: Package): Promise<void> {
  for (const door of doors.filter((file) => !file.endsWith('/main.js'))) {
    const { code, output } = await capture(process.execPath, [join(folder, door)], {
      environment: { NODE_OPTIONS: '' },
    });
    if (code !== 0) throw new Error(`${name} is built, but ${door} does not open:\n${output}`);
  }
}

/** Whatever else lies in `src/` and is read at run time: texts, SQL, pages. */
function copyAssets(folder: string): void {
  for (const entry of globSync('src/**/*', { cwd: folder, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith('.ts')) continue;
    const source = join(entry.parentPath, entry.name);
    cpSync(source, join(folder, 'dist', source.slice(join(folder, 'src').length)));
  }
}

/** The compiler rewrites imports, but not `new URL('./worker.ts', import.meta.url)`: workers and child processes. */
function pointToJavaScript(folder: string, file: string): void {
  const path = join(folder, file);
  const text = readFileSync(path, 'utf8');
  const pointed = text.replaceAll(
    /new URL\((['"])(\.{1,2}\/[^'"]+)\.ts\1, import\.meta\.url\)/g,
    (whole, _, target: string) => {
      if (!existsSync(join(dirname(path), `${target}.js`))) throw new Error(`${path}: ${whole} leads nowhere in dist/`);
      return whole.replace('.ts', '.js');
    },
  );
  if (pointed !== text) writeFileSync(path, pointed);
}
