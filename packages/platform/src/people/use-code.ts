import { ExpectationFailed } from '../database/index.ts';
import type { UnitStatement } from '../database/index.ts';
import { CodeRefused } from './errors.ts';
import type { PeopleParts } from './components.ts';
import type { UserRow } from './store/tables.ts';
import { openSeed, useTotpStep } from './store/users.ts';
import { matchingStep } from './totp.ts';

export interface UsedCode {
  /** Uses the code up in the unit in which it counts. */
  readonly statement: UnitStatement;
  /** The person once that unit is stored. */
  readonly user: UserRow;
}

/** @throws RateLimited; CodeRefused for a code that is wrong, too old or used. */
export function usedCode({ database, clock, attempts }: PeopleParts, user: UserRow, code: string): UsedCode {
  attempts.take('code', user.id);
  const nowMs = clock.nowMs();
  const seed = openSeed(database, user);
  const step = seed === undefined ? undefined : matchingStep(seed, code, nowMs, user.totp_last_step);
  if (step === undefined) throw CodeRefused.error('the code is wrong, too old, or was used before');
  const confirmedAtMs = user.totp_confirmed_at_ms ?? nowMs;
  return {
    statement: { ...useTotpStep(user.id, step, confirmedAtMs), expectRows: 1 },
    user: { ...user, totp_last_step: step, totp_confirmed_at_ms: confirmedAtMs },
  };
}

/** What a unit that used a code failed with: the code, when another request had used it at the same moment. */
export function codeFailure(error: unknown): unknown {
  return ExpectationFailed.is(error) ? CodeRefused.error('the code was used at the same moment') : error;
}
