import { stripVTControlCharacters } from 'node:util';
import { InvalidInput } from '@reeve/kernel';
import { expect, test } from 'vitest';
import { isPrettyWanted } from '../../src/log/index.ts';
import { capturedLog } from './captured.ts';

test('[FD-07 levels] each line is JSON with ISO time, level by name, facts and one message', () => {
  const { log, lines } = capturedLog();
  for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]({ port: 4400 }, 'listening');
  expect(lines().map(({ level }) => level)).toEqual(['debug', 'info', 'warn', 'error']);
  for (const { time, port, message } of lines()) {
    expect(new Date(String(time)).toISOString()).toBe(time);
    expect([port, message]).toEqual([4400, 'listening']);
  }
});

test('[FD-07 levels] lines below the level are not written', () => {
  const { log, lines } = capturedLog({ level: 'warn' });
  log.debug({}, 'no');
  log.info({}, 'no');
  log.warn({}, 'yes');
  log.child({ part: 'hub' }).info({}, 'no');
  expect(lines().map(({ message }) => message)).toEqual(['yes']);
});

test('a child adds its facts, such as the correlation id, to every line, and children add up', () => {
  const { log, lines } = capturedLog({ facts: { service: 'hub' } });
  const child = log.child({ correlationId: 'c-1' }).child({ operation: 'tasks.create' });
  child.info({ durationMs: 2 }, 'done');
  log.info({}, 'other');
  expect(lines()[0]).toMatchObject({ service: 'hub', correlationId: 'c-1', operation: 'tasks.create', durationMs: 2 });
  expect(lines()[1]).not.toHaveProperty('correlationId');
});

test('an error is written with type, code, issues, cause and stack', () => {
  const { log, lines } = capturedLog();
  const cause = new TypeError('not a number');
  const issues = [{ path: ['name'], message: 'too long' }];
  log.error({ error: InvalidInput.error('two faults', { cause, issues }) }, 'refused');
  const [{ error }] = lines() as [{ error: Record<string, unknown> }];
  expect(error).toMatchObject({ type: 'ReeveError', code: 'invalid_input', message: 'two faults', issues });
  expect(error['cause']).toMatchObject({ type: 'TypeError', message: 'not a number' });
  expect(error['stack']).toContain('logger.test.ts');
  expect(error).not.toHaveProperty('kind');
});

test('an error may be logged in place of facts', () => {
  const { log, lines } = capturedLog();
  log.error(new RangeError('too far'), 'failed');
  expect(lines()[0]).toMatchObject({ error: { type: 'RangeError', message: 'too far' }, message: 'failed' });
});

test('facts named like the members of a line do not replace them', () => {
  const { log, lines } = capturedLog();
  log.info({ level: 60, time: 'never', message: 'forged' }, 'real');
  expect(lines()[0]).toMatchObject({ level: 'info', message: 'real', level_: 60, time_: 'never', message_: 'forged' });
});

test('whatever is logged, the line is written and nothing is thrown', () => {
  const { log, lines } = capturedLog();
  const circular: Record<string, unknown> = { big: 12n, when: new Date(0), bytes: new Uint8Array(3), run: () => 1 };
  circular['self'] = circular;
  circular['map'] = new Map([['a', new Set([1])]]);
  Object.defineProperty(circular, 'broken', { enumerable: true, get: () => fail() });
  log.info(circular, 'odd');
  log.info(new Proxy({}, { ownKeys: () => fail() }), 'hostile');
  expect(lines()[0]).toMatchObject({
    big: '12',
    when: '1970-01-01T00:00:00.000Z',
    bytes: '[3 bytes]',
    run: '[function]',
    self: '[circular]',
    map: { a: [1] },
    broken: '[unreadable: out of order]',
  });
  expect(lines()[1]).toMatchObject({ facts: '[unreadable: out of order]', message: 'hostile' });
});

function fail(): never {
  throw new Error('out of order');
}

test('a line has a bound, however much is logged', () => {
  const { log, text } = capturedLog();
  let deep: object = {};
  for (let depth = 0; depth < 1_000; depth++) deep = { deep };
  const wide = Array.from({ length: 200 }, () => Array.from({ length: 200 }, () => ({ a: 'x'.repeat(5) })));
  log.info({ deep, long: 'y'.repeat(1_000_000), wide }, 'much');
  expect(text().length).toBeLessThan(100_000);
  expect(text()).toContain('[deeper]');
  expect(text()).toContain('[1000000 characters]');
});

test('pretty lines are short, and an error shows its stack below', () => {
  const { log, text } = capturedLog({ pretty: true });
  log.info({ port: 4400, url: 'http://127.0.0.1:4400', note: 'two words' }, 'listening');
  log.error({ error: new Error('gone') }, 'failed');
  const [first, ...rest] = stripVTControlCharacters(text()).split('\n');
  expect(first).toMatch(/^\d\d:\d\d:\d\d info {2}listening port=4400 url=http:\/\/127.0.0.1:4400 note="two words"$/);
  expect(rest.join('\n')).toMatch(/error failed\n {4}Error: gone\n {8}at /);
});

test('lines for people only when somebody asks for them, or develops and looks', () => {
  expect(isPrettyWanted('always', 'production')).toBe(true);
  expect(isPrettyWanted('never', 'development')).toBe(false);
  expect(isPrettyWanted('auto', 'production')).toBe(false);
  expect(isPrettyWanted('auto', 'development')).toBe(process.stdout.isTTY === true);
});
