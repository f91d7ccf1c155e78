import { describe, expect, test } from 'vitest';
import {
  effectsOutOfBounds,
  evaluateGuards,
  overallVerdict,
  planDigest,
  type Effect,
  type Guard,
  type GuardVerdict,
  type Plan,
} from '../src/index.ts';

function guard(name: string, evaluate: Guard<object>['evaluate'], limit = 1): Guard<object> {
  return { name, limit, evaluate };
}
const finding = (verdict: GuardVerdict) => ({ verdict, measured: 0, limit: 1, message: verdict });

describe('guards', () => {
  test.each<[string, Guard<object>['evaluate']]>([
    ['throws', () => Promise.reject(new Error('no price'))],
    [
      'throws at once',
      () =>
        (() => {
          throw new Error('no price');
        })(),
    ],
    ['answers nothing', () => undefined as never],
    ['answers no verdict', () => ({ ...finding('pass'), verdict: 'yes' as GuardVerdict })],
  ])('one that %s denies', async (_, evaluate) => {
    const [result] = await evaluateGuards([guard('price', evaluate)], {});
    expect(result).toMatchObject({ guard: 'price', verdict: 'deny', measured: null, limit: 1 });
    expect(result!.message).toMatch(/^could not be evaluated: /);
  });

  test('each says what it measured, in the order of the guards', async () => {
    const results = await evaluateGuards([guard('a', () => finding('pass')), guard('b', () => finding('deny'))], {});
    expect(results.map(({ guard, verdict }) => [guard, verdict])).toEqual([
      ['a', 'pass'],
      ['b', 'deny'],
    ]);
  });

  test.each<[GuardVerdict[], GuardVerdict]>([
    [[], 'pass'],
    [['pass', 'pass'], 'pass'],
    [['pass', 'needsApproval'], 'needsApproval'],
    [['needsApproval', 'deny', 'pass'], 'deny'],
  ])('the strictest of %j is %s', (verdicts, strictest) => {
    expect(overallVerdict(verdicts.map((verdict) => ({ ...finding(verdict), guard: 'any' })))).toBe(strictest);
  });
});

describe('plans', () => {
  const effect: Effect = { verb: 'remove', target: 'agent', id: 'a', count: 1, atMost: 2 };
  const plan: Plan = { effects: [effect], evidence: { leases: 1 } };
  const limits = [guard('leases', () => finding('pass'))] as readonly Guard<never>[];
  const digest = (changed: Partial<Plan>, input: unknown = { id: 'a' }, guards = limits) =>
    planDigest('agents.remove', input, guards, { ...plan, ...changed });

  test('consent survives what is of the moment', async () => {
    const evidence = { leases: 9 };
    expect(await digest({ evidence, effects: [{ ...effect, count: 2, note: 'now two' }] })).toBe(await digest({}));
  });

  test('consent ends with every change of what will be done, to what, within which bounds', async () => {
    const others = [
      digest({ effects: [{ ...effect, atMost: 3 }] }),
      digest({ effects: [{ ...effect, id: 'b' }] }),
      digest({ effects: [effect, effect] }),
      digest({ costMicroUsd: 1n }),
      digest({}, { id: 'b' }),
      digest({}, { id: 'a' }, [guard('leases', () => finding('pass'), 2)] as readonly Guard<never>[]),
      planDigest('agents.pause', { id: 'a' }, limits, plan),
    ];
    const digests = await Promise.all([digest({}), ...others]);
    expect(new Set(digests).size).toBe(digests.length);
  });

  test('effects that touch more than they may are named', () => {
    const beyond = { ...effect, count: 3 };
    expect(effectsOutOfBounds({ ...plan, effects: [effect, beyond] })).toEqual([beyond]);
  });
});
