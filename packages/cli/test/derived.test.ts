/** What follows from the definitions of operations: arguments, flags, examples, and back to the input. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineOperation, Json, type Operation } from '@reeve/kernel';
import { inputSchemaOf, operations } from '@reeve/sdk';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { addFlags } from '../src/derived/add-flags.ts';
import { commandLineOf } from '../src/derived/command-line.ts';
import { flagsOf } from '../src/derived/flag.ts';
import { inputOf } from '../src/derived/input-of.ts';

/** The input that a command line stands for. */
async function inputFrom(operation: Operation, words: readonly string[]): Promise<Record<string, unknown>> {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  const flags = addFlags(command, operation);
  await command.parseAsync(words, { from: 'user' });
  const secret = async (message: string) => `answer to ${message}`;
  return inputOf(operation, flags, command.args, command.opts(), { secret, plain: secret });
}

test('[FD-03] a password that is not on the command line is asked for, and help says that this is better', async () => {
  const change = operations.find(({ name }) => name === 'users.changePassword')!;
  expect(await inputFrom(change, ['--password', 'written'])).toEqual({
    password: 'written',
    newPassword: 'answer to New password',
  });
  const command = new Command();
  addFlags(command, change);
  expect(command.helpInformation()).toMatch(/--new-password <text>\s+asked for/);
});

const everyKind = defineOperation({
  name: 'things.make',
  summary: 'Make a thing',
  access: 'things:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/things/{place}/{shelf}' },
  input: z.object({
    place: z.string(),
    shelf: z.int(),
    name: z.string().optional(),
    count: z.int().optional(),
    waitMs: z.int().optional(),
    runAtMs: z.int().optional(),
    colour: z.enum(['red', 'green']).optional(),
    loud: z.boolean().default(false),
    quiet: z.boolean().default(true),
    region: z.string().nullable().optional(),
    words: z.array(z.string()).optional(),
    numbers: z.array(z.number()).optional(),
    skills: z
      .array(z.object({ name: z.string(), level: z.number().default(1), terms: z.object({}).optional() }))
      .optional(),
    labels: z.record(z.string(), z.string()).optional(),
    limits: z.object({ most: z.int() }).optional(),
    anything: Json.optional(),
  }),
  output: z.object({}),
});
const at = ['attic', '3'];
const placed = { place: 'attic', shelf: 3 };

describe('flags', () => {
  const cases: Array<[string, string[], object]> = [
    ['arguments of the path', [], {}],
    ['a text', ['--name', 'a b'], { name: 'a b' }],
    ['a number', ['--count', '7'], { count: 7 }],
    ['a number below zero', ['--count=-7'], { count: -7 }],
    ['a duration in milliseconds', ['--wait-ms', '250'], { waitMs: 250 }],
    ['a duration as people write it', ['--wait-ms', '1.5m'], { waitMs: 90_000 }],
    ['a moment', ['--run-at-ms', '2030-01-01T00:00:00Z'], { runAtMs: 1_893_456_000_000 }],
    ['a choice', ['--colour', 'red'], { colour: 'red' }],
    ['a switch on', ['--loud'], { loud: true }],
    ['a switch off', ['--no-quiet'], { quiet: false }],
    ['a value taken away', ['--no-region'], { region: null }],
    ['a list', ['--words', 'a', '--words', 'b'], { words: ['a', 'b'] }],
    ['a list of numbers', ['--numbers', '1', '--numbers', '2.5'], { numbers: [1, 2.5] }],
    [
      'things with a name and a number',
      ['--skills', 'a:b=0.5', '--skills', 'c'],
      { skills: [{ name: 'a:b', level: 0.5 }, { name: 'c' }] },
    ],
    ['pairs', ['--label', 'team=search', '--labels', 'formula=a=b'], { labels: { team: 'search', formula: 'a=b' } }],
    ['an object', ['--limits', '{"most": 3}'], { limits: { most: 3 } }],
    ['any JSON', ['--anything', '[1, null, "x"]'], { anything: [1, null, 'x'] }],
    ['a whole body, flags over it', ['--body', '{"name": "x", "count": 1}', '--count', '2'], { name: 'x', count: 2 }],
  ];
  test.each(cases)('%s', async (_, words, input) => {
    expect(await inputFrom(everyKind, [...at, ...words])).toEqual({ ...placed, ...input });
  });

  test('a time from now', async () => {
    const { runAtMs } = await inputFrom(everyKind, [...at, '--run-at-ms', '+10m']);
    expect(Math.abs((runAtMs as number) - Date.now() - 600_000)).toBeLessThan(5_000);
  });

  test.each([
    ['a number that is none', ['--count', 'many'], 'a number'],
    ['nothing for a number', ['--count', ''], 'a number'],
    ['a duration that is none', ['--wait-ms', 'soon'], 'a duration'],
    ['a moment that is none', ['--run-at-ms', 'tomorrow'], 'a time'],
    ['a choice there is not', ['--colour', 'blue'], 'red, green'],
    ['a pair that is none', ['--label', 'team'], 'key=value'],
    ['JSON that is none', ['--anything', 'hello'], '@file'],
    ['a body that is no object', ['--body', '[1]'], 'a JSON object'],
  ])('%s is refused with what would be right', async (_, words, hint) => {
    await expect(inputFrom(everyKind, [...at, ...words])).rejects.toThrow(hint);
  });

  test('what is required and not given is named', async () => {
    const createTask = operations.find(({ name }) => name === 'tasks.create')!;
    await expect(inputFrom(createTask, [])).rejects.toThrow('needed: --requires');
  });
});

describe('files', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'reeve-flags-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('@file gives the content of a file', async () => {
    writeFileSync(join(folder, 'x.json'), '{"from": "file"}');
    const input = await inputFrom(everyKind, [...at, '--anything', `@${join(folder, 'x.json')}`]);
    expect(input).toMatchObject({ anything: { from: 'file' } });
  });

  test('a file that is not there is named', async () => {
    await expect(inputFrom(everyKind, [...at, '--body', '@/no/such.json'])).rejects.toThrow(
      '/no/such.json cannot be read',
    );
  });
});

describe('examples', () => {
  const examples = operations.flatMap((operation: Operation) =>
    (operation.examples ?? []).map(({ title, input }) => [operation.name, title, operation, input] as const),
  );

  test.each(examples)(
    '[FD-13] %s: %s is a command line that stands for the very input',
    async (_, __, operation, input) => {
      const line = commandLineOf(operation, flagsOf(inputSchemaOf(operation)), input as Record<string, unknown>);
      const [reeve, domain, verb, ...words] = shellWords(line);
      expect([reeve, domain, verb]).toEqual(['reeve', operation.domain, operation.verb]);
      expect(await inputFrom(operation, words)).toEqual(input);
    },
  );

  test('every kind of value survives the way to a command line and back', async () => {
    const input = {
      ...placed,
      name: `it's "quoted" $HOME`,
      count: -3,
      colour: 'green',
      loud: true,
      quiet: false,
      words: ['a', ''],
      skills: [{ name: 'x', level: 0.25 }],
      labels: { a: 'b c' },
      limits: { most: 1 },
      anything: { deep: ['ß'] },
    };
    const line = commandLineOf(everyKind, flagsOf(inputSchemaOf(everyKind)), input);
    expect(await inputFrom(everyKind, shellWords(line).slice(3))).toEqual(input);
  });

  /** As a POSIX shell would split it: words and single quotes are all that is written. */
  function shellWords(line: string): string[] {
    return [...line.matchAll(/(?:[^\s'\\]|'[^']*'|\\.)+/g)].map(([word]) =>
      word.replace(/'([^']*)'|\\(.)/g, (_, quoted?: string, escaped?: string) => quoted ?? escaped ?? ''),
    );
  }
});
