import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { citationsIn } from '../../scripts/citations.ts';
import { faultOf, requirementOf, type Verdict } from '../../scripts/mutation.ts';
import { capture } from '../../scripts/run.ts';
import type { Mutant } from '../mutants/mutant.ts';
import { requirement } from '../requirements.ts';

const ROOT = process.cwd();

describe('the list of mutants', async () => {
  const files = globSync('tests/mutants/*.ts').filter((file) => basename(file) !== 'mutant.ts');
  const modules = await Promise.all(files.map((file) => import(pathToFileURL(file).href)));
  const mutants = modules.flatMap((module) => module.mutants as readonly Mutant[]);

  test('names are unique and in kebab-case', () => {
    const names = mutants.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))).toEqual([]);
  });

  test('each fits its file, and the result still parses', () => {
    const faults = mutants.map((mutant) => [mutant.name, faultOf(mutant, readFileSync(mutant.file, 'utf8'))]);
    expect(faults.filter(([, fault]) => fault !== undefined)).toEqual([]);
  });

  test('each breaks a requirement that its test file cites', () => {
    const strays = mutants.filter((mutant) => {
      const [id = '', ...clauses] = mutant.guarantee.split(' ');
      const known = requirement(id);
      const cited = citationsIn(readFileSync(mutant.test, 'utf8')).some(
        (citation) => citation.id === requirementOf(mutant),
      );
      return !cited || known === undefined || clauses.some((clause) => !known.clauses.includes(clause));
    });
    expect(strays.map(({ name, guarantee, test: file }) => `${name}: ${guarantee} in ${file}`)).toEqual([]);
  });
});

describe('the runner', () => {
  let house: string;
  beforeAll(() => {
    house = mkdtempSync(join(tmpdir(), 'reeve-tiny-'));
    for (const [file, text] of Object.entries(TINY_HOUSE)) {
      mkdirSync(dirname(join(house, file)), { recursive: true });
      writeFileSync(join(house, file), text);
    }
    mkdirSync(join(house, 'node_modules', '.bin'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', 'vitest'), join(house, 'node_modules', 'vitest'));
  });
  afterAll(() => rmSync(house, { recursive: true, force: true }));

  test(
    'kills what a test notices, and tells apart what survives from what proves nothing',
    { timeout: 120_000 },
    async () => {
      const { code, output } = await mutate('--json');
      const verdicts = JSON.parse(output) as Verdict[];
      expect(Object.fromEntries(verdicts.map(({ mutant, outcome }) => [mutant.name, outcome]))).toEqual({
        'limit-ignored': 'killed',
        'limit-of-the-other-package': 'killed',
        'not-looked-at': 'survived',
        'only-a-type-error': 'invalid',
        'does-not-load': 'invalid',
        'fails-already': 'invalid',
        'nobody-cites-it': 'invalid',
      });
      expect(verdicts.find(({ outcome }) => outcome === 'killed')?.reason).toMatch(/^AssertionError: /);
      expect(code).toBe(1);
    },
  );

  test('passes when all of those asked for die, and leaves the house as it was', { timeout: 60_000 }, async () => {
    const { code, output } = await mutate('--only', 'limit-ignored');
    expect(output).toContain('1 killed, 0 survived, 0 invalid, 0 skipped');
    expect(code).toBe(0);
    expect(readFileSync(join(house, 'packages/tiny/src/limit.ts'), 'utf8')).toBe(
      TINY_HOUSE['packages/tiny/src/limit.ts'],
    );
  });

  test(
    'takes several names, and refuses one that no mutant has with the nearest in one line',
    { timeout: 60_000 },
    async () => {
      const { code, output } = await mutate('--only', 'limit-ignored,limits-ignored');
      expect(output).toBe('No mutant has "limits-ignored" in its name; the nearest are limit-ignored.\n');
      expect(code).toBe(2);
      const both = await mutate('--only', 'fails-already, nobody-cites', '--json');
      const names = (JSON.parse(both.output) as Verdict[]).map(({ mutant }) => mutant.name);
      expect(names).toEqual(['fails-already', 'nobody-cites-it']);
    },
  );

  function mutate(...flags: string[]) {
    const flagsOfNode = ['--conditions=reeve-source', '--disable-warning=ExperimentalWarning'];
    return capture(process.execPath, [...flagsOfNode, join(ROOT, 'scripts/mutants.ts'), '--root', house, ...flags], {
      folder: ROOT,
    });
  }
});

describe('a mutant that does not fit', () => {
  const mutant: Mutant = { name: 'a', guarantee: 'HB-08', file: 'a.ts', find: 'x', replace: 'y', test: 'a.test.ts' };

  test.each([
    ['is absent', mutant, 'const z = 1;', 'occurs 0 times'],
    ['is ambiguous', mutant, 'x + x', 'occurs 2 times'],
    ['changes nothing', { ...mutant, replace: 'x' }, 'const x = 1;', 'changes nothing'],
    ['does not parse', { ...mutant, replace: '(' }, 'const x = 1;', 'does not parse'],
  ])('%s', (_, unfit, original, fault) => {
    expect(faultOf(unfit, original)).toContain(fault);
  });
});

/** `other` is imported by name: its mutant dies only if names lead into the copy and not back to the original. */
const TINY_HOUSE: Record<string, string> = {
  'vitest.config.ts': "export default { test: { include: ['packages/*/test/*.test.ts'] } };",
  'packages/other/package.json': '{ "name": "@reeve/other", "type": "module", "exports": "./src/index.ts" }',
  'packages/other/src/index.ts': 'export const limit = (): number => 3;\n',
  'packages/tiny/package.json': '{ "name": "@reeve/tiny", "type": "module" }',
  'packages/tiny/src/limit.ts': [
    "import { limit } from '@reeve/other';",
    'export const isAllowed = (count: number): boolean => count <= limit();',
    'export const unused = (): number => 1;',
    '',
  ].join('\n'),
  'packages/tiny/test/limit.test.ts': [
    "import { expect, test } from 'vitest';",
    "import { isAllowed } from '../src/limit.ts';",
    "test('[HB-14] three are allowed', () => expect(isAllowed(3)).toBe(true));",
    "test('[HB-14] four are not', () => expect(isAllowed(4)).toBe(false));",
    "test('[HB-15] fails already', () => expect(isAllowed(4)).toBe(true));",
    '',
  ].join('\n'),
  'tests/mutants/tiny.ts': [
    "const tiny = { file: 'packages/tiny/src/limit.ts', test: 'packages/tiny/test/limit.test.ts', guarantee: 'HB-14' };",
    "const other = { ...tiny, file: 'packages/other/src/index.ts' };",
    'export const mutants = [',
    "  { ...tiny, name: 'limit-ignored', find: 'count <= limit()', replace: 'true' },",
    "  { ...other, name: 'limit-of-the-other-package', find: '=> 3', replace: '=> 4' },",
    "  { ...tiny, name: 'not-looked-at', find: '=> 1', replace: '=> 2' },",
    "  { ...tiny, name: 'only-a-type-error', find: 'limit()', replace: 'limit().of.nothing' },",
    "  { ...tiny, name: 'does-not-load', find: 'export const unused', replace: 'gone(); export const unused' },",
    "  { ...tiny, name: 'fails-already', guarantee: 'HB-15', find: '=> 1', replace: '=> 2' },",
    "  { ...tiny, name: 'nobody-cites-it', guarantee: 'HB-13', find: '=> 1', replace: '=> 2' },",
    '];',
    '',
  ].join('\n'),
};
