import { expect, test } from 'vitest';
import { Tokens } from '../../src/people/tokens.ts';
import { newKeyChainText, parseKeyChain } from '../../src/sealing/index.ts';

const [old, fresh] = [newKeyChainText('k1'), newKeyChainText('k2')];
const nowMs = Date.UTC(2026, 10, 21);
const claims = { sessionId: 'session', generation: 3, expiresAtMs: nowMs + 60_000 };
const tokensOf = (...chains: string[]) => new Tokens(parseKeyChain(chains.join(''), 'keys'));

test('[FD-04 signing] while keys overlap both are good; a key that is gone takes its tokens with it', async () => {
  const token = await tokensOf(old).sign('access', claims);
  expect(await tokensOf(fresh, old).check('access', token, nowMs)).toEqual(claims);
  expect(await tokensOf(fresh).check('access', token, nowMs)).toBeUndefined();
  // The same id with another key is no overlap.
  expect(await tokensOf(newKeyChainText('k1')).check('access', token, nowMs)).toBeUndefined();
  const next = await tokensOf(fresh, old).sign('access', claims);
  expect(await tokensOf(old).check('access', next, nowMs)).toBeUndefined();
  const renamed = tokensOf(old.replace('k1:', 'k9:'));
  expect(await renamed.check('access', token, nowMs), 'known by its id, not by trying').toBeUndefined();
});

test('[FD-04 access refresh] a token is good for its use and until its time', async () => {
  const tokens = tokensOf(old);
  for (const [use, other] of [
    ['access', 'refresh'],
    ['refresh', 'access'],
  ] as const) {
    const token = await tokens.sign(use, claims);
    expect(await tokens.check(use, token, nowMs)).toEqual(claims);
    expect(await tokens.check(other, token, nowMs)).toBeUndefined();
    expect(await tokens.check(use, token, claims.expiresAtMs)).toBeUndefined();
  }
});
