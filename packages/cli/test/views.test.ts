import picocolors from 'picocolors';
import { describe, expect, test } from 'vitest';
import { cellOf, headOf, visible } from '../src/views/cell.ts';
import { detailsOf } from '../src/views/details.ts';
import { relativeTime } from '../src/views/relative-time.ts';
import { tableOf } from '../src/views/table.ts';

const nowMs = Date.parse('2030-06-15T12:00:00Z');
const plain = { nowMs, colours: picocolors.createColors(false) };
const painted = { nowMs, colours: picocolors.createColors(true) };

test.each([
  [-500, 'now'],
  [-1_500, '1s ago'],
  [-59_999, '59s ago'],
  [-3 * 3_600_000 - 1, '3h ago'],
  [90_000, 'in 1m'],
  [8 * 86_400_000, '2030-06-23 12:00'],
])('%i ms from now is %s', (awayMs, text) => expect(relativeTime(nowMs + awayMs, nowMs)).toBe(text));

test.each([
  ['submittedAtMs', 'submitted'],
  ['priceMicroUsd', 'price'],
  ['maxAttempts', 'max attempts'],
  ['atMs', 'at'],
])('%s is headed %s', (field, head) => {
  expect(headOf(field === 'atMs' ? 'atMs' : field)).toBe(head);
});

test.each([
  ['lastSeenAtMs', nowMs - 60_000, '1m ago'],
  ['timeoutMs', 300_000, '5m'],
  ['priceMicroUsd', '1500000', '1.50 USD'],
  ['priceMicroUsd', 'unknown', 'unknown'],
  ['ok', true, 'yes'],
  ['score', 0.123456, '0.1235'],
  [
    'requires',
    [
      { name: 'pdf.extract', minProficiency: 0.8 },
      { name: 'ocr', minProficiency: 0 },
    ],
    'pdf.extract 0.8, ocr',
  ],
  ['labels', { team: 'search', tier: '1' }, 'team=search tier=1'],
  ['permissions', ['a', 'b'], 'a, b'],
  ['anything', null, ''],
])('a cell of %s shows %j as %s', (field, value, text) => expect(cellOf(field, value, plain)).toBe(text));

test('only states have colours, and none without a terminal', () => {
  expect(cellOf('state', 'dead', painted)).toBe('\u001b[31mdead\u001b[39m');
  expect(cellOf('name', 'dead', painted)).toBe('dead');
  expect(cellOf('state', 'dead', plain)).toBe('dead');
});

test('what others wrote cannot steer the terminal', () => {
  expect(visible('a\u001b[2Jb\rc\nd\u009b')).toBe('a\\x1b[2Jb\\x0dc↵d\\x9b');
  expect(cellOf('name', '\u001b]0;title\u0007', plain)).not.toContain('\u001b');
});

describe('tables', () => {
  const items = [
    { name: 'a', state: 'online', at: 'somewhere quite far away', none: undefined },
    { name: 'a longer name', state: 'dead', at: 'x', none: undefined },
  ];

  test('align, leave out what nobody has, and cut nothing for programs', () => {
    expect(tableOf(['name', 'state', 'none', 'at'], items, plain, undefined)).toBe(
      ['name           state   at', 'a              online  somewhere quite far away', 'a longer name  dead    x'].join(
        '\n',
      ),
    );
  });

  test('cut the widest column to fit a terminal; colours do not count', () => {
    const lines = tableOf(['name', 'state', 'at'], items, painted, 40).split('\n');
    const widths = lines.map((line) => line.replace(/\u001b\[\d+m/g, '').length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(40);
    expect(lines[1]).toContain('somewhere quite …');
  });
});

test('details: small facts in pairs, lists as tables, large values as JSON, nothing for what is empty', () => {
  const value = {
    id: 'x-1',
    submittedAtMs: nowMs - 5_000,
    labels: {},
    agents: [{ name: 'a', eligible: true, freeSlots: 3 }],
    output: { text: 'x'.repeat(90), list: [1] },
  };
  expect(detailsOf(value, plain, undefined)).toBe(
    [
      'id         x-1',
      'submitted  5s ago',
      '',
      'agents',
      'name  eligible  free slots',
      'a     yes       3',
      '',
      'output',
      JSON.stringify(value.output, null, 2),
    ].join('\n'),
  );
});
