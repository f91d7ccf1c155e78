import type { Mutant } from './mutant.ts';

const people = 'packages/platform/src/people';
const test = 'packages/platform/test/people';

/** Logins: tokens, passwords, codes. */
export const mutants: readonly Mutant[] = [
  {
    name: 'refresh-token-used-twice-at-once',
    guarantee: 'FD-04 reuse',
    file: `${people}/store/sessions.ts`,
    find: "    .where('generation', '=', p.generation)\n",
    replace: '',
    test: `${test}/sessions.test.ts`,
  },
  {
    name: 'reuse-ends-nothing',
    guarantee: 'FD-04 reuse',
    file: `${people}/refresh.ts`,
    find: "ended_at_ms: nowMs, end_reason: 'reuse' });",
    replace: 'end_reason: null });',
    test: `${test}/sessions.test.ts`,
  },
  {
    name: 'expired-refresh-token-accepted',
    guarantee: 'FD-04 refresh',
    file: `${people}/tokens.ts`,
    find: 'currentDate: new Date(nowMs)',
    replace: 'currentDate: new Date(nowMs * 0)',
    test: `${test}/sessions.test.ts`,
  },
  {
    name: 'clock-set-back-revives-tokens',
    guarantee: 'FD-04 access',
    file: `${people}/steady-clock.ts`,
    find: 'Math.max(clock.nowMs(), Math.floor(lastMs + tickMs - lastTickMs))',
    replace: 'clock.nowMs()',
    test: `${test}/sessions.test.ts`,
  },
  {
    name: 'logout-forgets-the-access-token',
    guarantee: 'FD-04 access',
    file: `${people}/people.ts`,
    find: 'session.ended_at_ms !== null || user.disabled_at_ms !== null',
    replace: 'user.disabled_at_ms !== null',
    test: `${test}/sessions.test.ts`,
  },
  {
    name: 'key-of-a-token-not-looked-up',
    guarantee: 'FD-04 signing',
    file: `${people}/tokens.ts`,
    find: 'const key = this.#keys.find(id);',
    replace: 'const key = id === "" ? undefined : this.#keys.active.key;',
    test: `${test}/tokens.test.ts`,
  },
  {
    name: 'code-works-twice-at-once',
    guarantee: 'FD-04 access',
    file: `${people}/store/users.ts`,
    find: "    .where('totp_last_step', '<', p.step),",
    replace: '',
    test: `${test}/step-up.test.ts`,
  },
  {
    name: 'step-up-never-asked-for',
    guarantee: 'FD-04 access',
    file: 'packages/platform/src/operations/admission.ts',
    find: "if (person === undefined || person.steppedUp || effect === 'read') return false;",
    replace: 'if (person === undefined || effect !== "none") return false;',
    test: `${test}/step-up.test.ts`,
  },
  {
    name: 'given-password-permits-everything',
    guarantee: 'FD-04 passwords',
    file: `${people}/people.ts`,
    find: 'user.password_is_own === 1 ? roles[user.role] : untilPasswordIsReplaced',
    replace: 'user.password_is_own >= 0 ? roles[user.role] : untilPasswordIsReplaced',
    test: `${test}/sessions.test.ts`,
  },
  {
    name: 'tokens-readable-by-everybody',
    guarantee: 'FD-04 refresh',
    file: 'packages/cli/src/login-file.ts',
    find: "{ flag: 'wx', mode: 0o600 }",
    replace: "{ flag: 'wx', mode: 0o644 }",
    test: 'packages/cli/test/against-a-hub.test.ts',
  },
];
