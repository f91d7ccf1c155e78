/** The import law is only worth something if it refuses: here it meets one violation of each rule. */
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { capture } from '../../scripts/run.ts';
import { linkModules } from '../../scripts/workspace.ts';

const ROOT = process.cwd();
const CONFIG = '.dependency-cruiser.cjs';

let house: string;
beforeEach(() => {
  house = mkdtempSync(join(tmpdir(), 'reeve-law-'));
  for (const file of [CONFIG, ...globSync('packages/*/package.json')]) {
    mkdirSync(dirname(join(house, file)), { recursive: true });
    cpSync(file, join(house, file));
  }
  for (const name of ['kernel', 'platform', 'hub', 'market', 'sdk', 'server', 'cli']) {
    add(`packages/${name}/src/index.ts`, 'export const door = 1;');
    add(`packages/${name}/src/inner.ts`, 'export const inner = 1;');
  }
  add('packages/cli/src/main.ts', 'export const door = 1;');
  add('packages/hub/src/api/index.ts', 'export const api = 1;');
  linkModules(ROOT, house);
});
afterEach(() => rmSync(house, { recursive: true, force: true }));

const VIOLATIONS: readonly (readonly [rule: string, file: string, line: string])[] = [
  ['kernel-imports-only-what-it-may', 'packages/kernel/src/a.ts', "import '@reeve/platform';"],
  ['platform-imports-only-what-it-may', 'packages/platform/src/a.ts', "import '@reeve/hub';"],
  ['hub-imports-only-what-it-may', 'packages/hub/src/a.ts', "import type { door } from '@reeve/market';"],
  ['hub-imports-only-what-it-may', 'packages/hub/src/i.ts', "await using inner = await import('@reeve/market');"],
  ['market-imports-only-what-it-may', 'packages/market/src/a.ts', "import '@reeve/server';"],
  ['sdk-imports-only-what-it-may', 'packages/sdk/src/a.ts', "import '@reeve/hub';"],
  ['cli-imports-only-what-it-may', 'packages/cli/src/a.ts', "import '@reeve/platform';"],
  ['server-imports-only-what-it-may', 'packages/server/src/a.ts', "import '@reeve/cli';"],
  ['only-through-the-door', 'packages/market/test/a.test.ts', "import '../../hub/src/inner.ts';"],
  ['by-name-not-by-path', 'packages/market/src/b.ts', "import '../../hub/src/index.ts';"],
  ['outsiders-through-the-door', 'tests/a.test.ts', "import '../packages/hub/src/inner.ts';"],
  ['source-does-not-import-tests', 'packages/hub/src/b.ts', "import '../../../tests/a.test.ts';"],
  ['api-is-pure', 'packages/hub/src/api/a.ts', "import '../inner.ts';"],
  ['domain-is-pure', 'packages/hub/src/domain/a.ts', "import '@reeve/platform';"],
  ['store-reaches-down-only', 'packages/hub/src/store/a.ts', "import '../services/a.ts';"],
  ['services-do-not-reach-up', 'packages/hub/src/services/a.ts', "import '../adapters/a.ts';"],
  ['errors-are-leaves', 'packages/hub/src/errors.ts', "import '@reeve/platform';"],
  ['kernel-is-browser-safe', 'packages/kernel/src/b.ts', "import 'node:crypto';"],
  ['kernel-needs-zod-only', 'packages/kernel/src/c.ts', "import 'ws';"],
  ['only-stores-know-sql', 'packages/hub/src/c.ts', "import 'kysely';"],
  ['only-stores-know-sql', 'packages/hub/src/d.ts', "import 'node:sqlite';"],
  ['only-edges-reach-the-network', 'packages/hub/src/e.ts', "import 'node:net';"],
  ['only-edges-reach-the-network', 'packages/market/src/e.ts', "import { request } from 'undici';"],
  ['only-edges-start-processes', 'packages/market/src/f.ts', "import 'node:child_process';"],
  ['no-unresolvable', 'packages/hub/src/f.ts', "import './nowhere.ts';"],
  ['no-undeclared-dependencies', 'packages/hub/src/g.ts', "import 'undici';"],
];

describe('import law', () => {
  test('refuses one violation of each of its rules, and only those', { timeout: 60_000 }, async () => {
    for (const [, file, line] of VIOLATIONS) add(file, line);
    add('packages/hub/src/adapters/a.ts', "import 'node:net';");
    add('packages/hub/src/x.ts', "import './y.ts';");
    add('packages/hub/src/y.ts', "import type {} from './x.ts';");
    const { code, refused } = await law();
    expect(code).toBe(1);
    for (const [rule, file] of VIOLATIONS) expect(refused, `${rule} lets ${file} pass`).toContain(`${file} ${rule}`);
    expect(refused.filter((line) => line.endsWith('no-cycles'))).not.toEqual([]);
    const guilty = new Set([...VIOLATIONS.map(([, file]) => file), 'packages/hub/src/x.ts', 'packages/hub/src/y.ts']);
    expect(refused.filter((line) => !guilty.has(line.split(' ')[0] ?? ''))).toEqual([]);
  });

  test('has a rule here for each rule that it has', () => {
    const ruled = [...readFileSync(CONFIG, 'utf8').matchAll(/^ {2}error\(\s*'([a-z-]+)'/gm)].map(([, rule]) => rule);
    expect(ruled.length).toBeGreaterThan(12);
    const met = new Set([...VIOLATIONS.map(([rule]) => rule), 'no-cycles']);
    expect(ruled.filter((rule) => rule === undefined || !met.has(rule))).toEqual([]);
  });

  test.each(['^packages/market/', '\\\\.ts$'])(
    'a setting that overlooks %s fails, instead of finding no violation',
    { timeout: 60_000 },
    async (overlooked) => {
      add('packages/hub/src/h.ts', "import type { door } from '@reeve/market';");
      add(CONFIG, readFileSync(CONFIG, 'utf8').replace('^packages/[^/]+/dist/', overlooked));
      const { code, output, refused } = await law();
      expect(code).toBe(1);
      expect(refused).toEqual([]);
      expect(output).toContain('packages/market/src/index.ts was not seen');
      expect(output).toMatch(/packages\/hub\/src\/h\.ts(: the import of @reeve\/market)? was not seen/);
      expect(output).toContain('Below the floor');
    },
  );
});

async function law(): Promise<{ code: number; output: string; refused: string[] }> {
  const { code, output } = await capture(process.execPath, [join(ROOT, 'scripts/law.ts'), house], { folder: ROOT });
  const faults = output.matchAll(/^(\S+) → .*\n {4}([a-z-]+):/gm);
  return { code, output, refused: [...faults].map(([, file, rule]) => `${file} ${rule}`) };
}

function add(file: string, text: string): void {
  mkdirSync(dirname(join(house, file)), { recursive: true });
  writeFileSync(join(house, file), `${text}\n`);
}
