/** What `npm ci` needs to give everybody the same: exact versions, a whole lock file, no machine's own registry in it. */
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { capture } from '../../scripts/run.ts';

interface Manifest {
  name: string;
  version: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

describe('dependencies', () => {
  const files = ['package.json', ...globSync('packages/*/package.json')];
  const manifests = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Manifest);
  const lock = readFileSync('package-lock.json', 'utf8');

  test('are pinned exactly: npm under an older Node would silently take older majors', () => {
    const wanted = manifests.flatMap(({ name, dependencies, devDependencies, optionalDependencies }) =>
      Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).map(
        ([other, version]) => `${name} wants ${other} ${version}`,
      ),
    );
    expect(wanted.length).toBeGreaterThan(30);
    expect(wanted.filter((line) => !/ \d+\.\d+\.\d+(-[\w.]+)?$/.test(line))).toEqual([]);
  });

  test('have one version each in the whole house', () => {
    const versions = new Map<string, Set<string>>();
    for (const { name, version } of manifests) versions.set(name, new Set([version]));
    for (const { dependencies, devDependencies } of manifests) {
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
        versions.set(name, (versions.get(name) ?? new Set()).add(version));
      }
    }
    expect([...versions].filter(([, used]) => used.size > 1).map(([name]) => name)).toEqual([]);
  });

  test('have a whole lock file, for every platform (npm run lock)', async () => {
    const { code, output } = await capture(process.execPath, ['scripts/lock.ts', '--check']);
    expect(output).toBe('');
    expect(code).toBe(0);
  });

  test('come from whatever registry npm is set to: the lock file names none', () => {
    expect(lock).not.toMatch(/"resolved": "https?:/);
  });
});
