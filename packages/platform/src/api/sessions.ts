import { defineOperation, Name } from '@reeve/kernel';
import { z } from 'zod';

const Password = z.string().min(1).max(256);
/** Six digits of an authenticator application. */
const Code = z.string().regex(/^\d{6}$/, 'must be the six digits that the authenticator shows');

const Tokens = {
  /** For `Authorization: Bearer`. Both tokens are missing when an earlier answer is given again. */
  accessToken: z.string().optional(),
  /** For `sessions.refresh`, once. */
  refreshToken: z.string().optional(),
};

export const IssuedTokens = z.object({
  sessionId: z.string(),
  user: z.string(),
  role: z.string(),
  accessTtlMs: z.int(),
  refreshTtlMs: z.int(),
  /** Nothing else is permitted before `users.changePassword`. */
  mustReplacePassword: z.boolean(),
  ...Tokens,
});
export type IssuedTokens = z.output<typeof IssuedTokens>;

export const createSession = defineOperation({
  name: 'sessions.create',
  summary: 'Log in',
  description: 'With a code too, where an authenticator is enrolled; the login is then stepped up already.',
  access: 'public',
  effect: 'write',
  http: { method: 'POST', path: '/v1/sessions', status: 201 },
  input: z.object({ name: Name, password: Password, code: Code.optional() }),
  output: IssuedTokens,
});
export const refreshSession = defineOperation({
  name: 'sessions.refresh',
  summary: 'Take a refresh token for new tokens; each works once, and one that comes twice ends the login',
  access: 'public',
  effect: 'write',
  http: { method: 'POST', path: '/v1/sessions/refresh' },
  input: z.object({ refreshToken: z.string().max(2_000) }),
  output: IssuedTokens,
});
export const endSession = defineOperation({
  name: 'sessions.end',
  summary: 'Log out; all tokens of the login stop working at once',
  access: 'self:use',
  effect: 'write',
  http: { method: 'POST', path: '/v1/sessions/end' },
  input: z.object({}),
  output: z.object({ ended: z.literal(true) }),
});
export const stepUpSession = defineOperation({
  name: 'sessions.stepUp',
  summary: 'Show a code of the authenticator, for acts with consequences',
  access: 'self:use',
  effect: 'write',
  http: { method: 'POST', path: '/v1/sessions/step-up' },
  input: z.object({ code: Code }),
  output: z.object({ validForMs: z.int() }),
});
export const showSelf = defineOperation({
  name: 'sessions.show',
  summary: 'Who has logged in, and what they may do',
  access: 'self:use',
  effect: 'read',
  http: { method: 'GET', path: '/v1/sessions/self' },
  input: z.object({}),
  output: z.object({
    id: z.string(),
    name: z.string(),
    tenant: z.string(),
    role: z.string(),
    permissions: z.array(z.string()),
    /** Whether an authenticator is enrolled. */
    authenticator: z.boolean(),
    mustReplacePassword: z.boolean(),
    /** Whether a code was shown lately. */
    steppedUp: z.boolean(),
  }),
});
export const enrolTotp = defineOperation({
  name: 'totp.enrol',
  summary: 'Make a seed for an authenticator application; shown once',
  access: 'self:use',
  effect: 'write',
  http: { method: 'POST', path: '/v1/totp/enrol', status: 201 },
  input: z.object({}),
  /** Both are missing when an earlier answer is given again. */
  output: z.object({ seed: z.string().optional(), uri: z.string().optional() }),
});
export const confirmTotp = defineOperation({
  name: 'totp.confirm',
  summary: 'Show the first code of a new authenticator; from then on it is needed to log in',
  access: 'self:use',
  effect: 'write',
  http: { method: 'POST', path: '/v1/totp/confirm' },
  input: z.object({ code: Code }),
  output: z.object({ validForMs: z.int() }),
});
