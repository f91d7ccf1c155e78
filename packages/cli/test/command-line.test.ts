/** The command as a person starts it, without a hub. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { operations } from '@reeve/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProgram } from '../src/program.ts';
import { createSession } from '../src/session.ts';
import { Workplace } from './workplace.ts';

let place: Workplace;
beforeAll(() => (place = new Workplace()));
afterAll(() => place[Symbol.asyncDispose]());

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

test('--version prints the version', async () => {
  expect(await place.reeve(['--version'])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
});

test('help goes to standard output when it is asked for', async () => {
  const { code, stdout } = await place.reeve(['--help']);
  expect(code).toBe(0);
  for (const word of ['up', 'node', 'agents', 'tasks', 'events', 'keys', 'audit', 'config', 'status', 'chat'])
    expect(stdout).toMatch(new RegExp(`^  ${word}\\b`, 'm'));
});

test('[FD-13] every operation has a command with its summary; those with a better one are there as that', async () => {
  const better: Record<string, string[]> = {
    'hub.status': ['status'],
    'events.list': ['events'],
    'usage.show': ['usage'],
  };
  for (const { name, domain, verb } of operations) {
    const path = better[name] ?? [domain, verb];
    const program = await buildProgram(createSession(), path);
    const command = path.reduce((parent, word) => parent.commands.find((child) => child.name() === word)!, program);
    expect(command.description()).not.toBe('');
  }
});

test('help of a command shows flags, an example, the permission and the refusals', async () => {
  const { stdout } = await place.reeve(['tasks', 'create', '--help']);
  expect(stdout).toContain('--requires <name[=min-proficiency]>');
  expect(stdout).toContain(`reeve tasks create --input '{"url":"file:///a.pdf"}' --requires pdf.extract=0.8`);
  expect(stdout).toContain('tasks:write');
  expect(stdout).toContain('unknown_capability (exit code 2)');
});

test('[MK-18 node-bench] reeve node bench prints the curve of the toy model, for people and for programs', async () => {
  const bench = ['node', 'bench', '--mini', '--concurrency', '2', '--tokens', '8'];
  const shown = await place.reeve(bench);
  expect(shown.code).toBe(0);
  expect(shown.stdout).toMatch(/concurrency +first token +tokens\/s +per request/);
  expect(shown.stdout).toMatch(/^ +2 +[\d.]+ ms +[\d.]+ +[\d.]+$/m);
  const { model, levels } = JSON.parse((await place.reeve([...bench, '--json'])).stdout) as {
    model: string;
    levels: { concurrency: number; firstTokenMs: number; tokensPerSecond: number }[];
  };
  expect(model).toBe('mini');
  expect(levels.map(({ concurrency }) => concurrency)).toEqual([1, 2]);
  for (const { firstTokenMs, tokensPerSecond } of levels)
    expect(Math.min(firstTokenMs, tokensPerSecond)).toBeGreaterThan(0);
});

describe('mistakes', () => {
  test.each([
    [['taks', 'list'], 'tasks'],
    [['agents', 'regster'], 'register'],
    [['tasks', 'list', '--stat', 'dead'], '--state'],
  ])('%j is answered with the nearest there is', async (words, nearest) => {
    const { code, stderr } = await place.reeve(words);
    expect(code).toBe(2);
    expect(stderr).toContain(`(Did you mean ${nearest}?)`);
  });

  test.each([
    ['a missing argument', ['tasks', 'show'], "'id'"],
    ['a value of the wrong form', ['tasks', 'create', '--requires', 'a', '--max-attempts', 'x'], 'a number'],
    ['neither backend nor mini', ['node'], '--backend URL or --mini'],
    ['a price without its half', ['node', '--mini', '--price', '200000'], 'INPUT/OUTPUT'],
    ['more memory than there is', ['node', '--mini', '--max-memory', '101'], 'from 1 to 100'],
    ['nothing to measure', ['node', 'bench'], 'reeve node bench needs'],
    ['a shell there is no completion for', ['completion', 'tcsh'], 'bash, zsh and fish'],
    ['an agent of nothing', ['agents', 'run', '--name', 'x'], 'either a command after --'],
    ['an agent of two things', ['agents', 'run', '--name', 'x', '--module', 'y', '--', 'true'], 'either a command'],
    ['a flag of another kind', ['agents', 'run', '--name', 'x', '--module', 'y', '--slots', '2'], '--slots is not for'],
    ['a proficiency beyond 1', ['agents', 'run', '--name', 'x', '--capability', 'y=2', '--', 'true'], 'from 0 to 1'],
    [
      'a position that is none',
      ['events', '--after', 'x', '--url', 'http://127.0.0.1:9', '--key', 'k'],
      'whole number',
    ],
  ])('%s is exit code 2 and says what would be right', async (_, words, hint) => {
    const { code, stdout, stderr } = await place.reeve(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(hint);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe('without a hub', () => {
  test('says what would help', async () => {
    const { code, stderr } = await place.reeve(['status']);
    expect(code).toBe(2);
    expect(stderr).toContain('.reeve/dev.json');
    expect(stderr).toContain('reeve up');
  });

  test('nobody at the address: which, from where, and how to start one', async () => {
    mkdirSync(join(place.folder, '.reeve'));
    const path = join(place.folder, '.reeve', 'dev.json');
    writeFileSync(path, JSON.stringify({ url: 'http://127.0.0.1:9', apiKey: 'a', ownerKey: 'b' }));
    const { code, stderr } = await place.reeve(['tasks', 'list']);
    expect(code).toBe(8);
    expect(stderr).toContain('no hub answers at http://127.0.0.1:9');
    expect(stderr).toContain('start one with: reeve up (address from .reeve/dev.json)');
  }, 15_000);

  test('for programs the error is one line of JSON on standard error', async () => {
    const { stdout, stderr } = await place.reeve(['status', '--json', '--url', 'nonsense', '--key', 'k']);
    expect(stdout).toBe('');
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'invalid_input', status: 422 } });
  });
});

describe('completion', () => {
  test('of bash completes commands and their subcommands', async () => {
    const { stdout } = await place.reeve(['completion', 'bash']);
    const ask = (words: string[]) => {
      const script = `${stdout}\nCOMP_WORDS=(${words.map((word) => `"${word}"`).join(' ')}); COMP_CWORD=${words.length - 1}; _reeve; echo "\${COMPREPLY[@]}"`;
      return spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout.trim();
    };
    expect(ask(['reeve', 'ta'])).toBe('tasks');
    expect(ask(['reeve', 'tasks', 'cr'])).toBe('create createBatch createMany');
    expect(ask(['reeve', 'agents', 'ru'])).toBe('run');
  });
});

test('an old Node is told what is needed, in words', () => {
  const lonely = join(place.folder, 'bin');
  mkdirSync(lonely);
  const launcher = readFileSync(new URL('../bin/reeve.js', import.meta.url), 'utf8');
  writeFileSync(join(lonely, 'package.json'), '{"type":"module"}');
  // The same file, wanting a Node that nobody has yet, in a place where none can be found.
  writeFileSync(join(lonely, 'reeve.js'), launcher.replace('const neededMajor = 24', 'const neededMajor = 999'));
  const { status, stderr } = spawnSync(process.execPath, [join(lonely, 'reeve.js'), 'up'], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain('reeve needs Node 999 or newer');
});
