import { defineOperation, EpochMs, Forbidden, Name, NotFound, PageQuery, pageOf } from '@reeve/kernel';
import { z } from 'zod';
import { TenantName } from './keys.ts';

export const Role = z.enum(['owner', 'operator', 'member', 'viewer']);

export const User = z.object({
  id: z.string(),
  name: Name,
  tenant: z.string(),
  role: Role,
  state: z.enum(['active', 'mustReplacePassword', 'disabled']),
  authenticator: z.boolean(),
  createdAtMs: EpochMs,
  createdBy: z.string(),
  disabledAtMs: EpochMs.optional(),
});
export type User = z.output<typeof User>;

export const createUser = defineOperation({
  name: 'users.create',
  summary: 'Create a person who can log in',
  description:
    'The answer holds a first password, once; the person has to replace it before anything else. A role can hold at most the permissions of whoever gives it.',
  access: 'users:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/users', status: 201 },
  input: z.object({
    name: Name,
    role: Role,
    /** One's own when not given; another one needs `tenants:any`. */
    tenant: TenantName.optional(),
  }),
  output: z.object({ ...User.shape, password: z.string().optional() }),
  errors: [Forbidden],
  examples: [{ title: 'A colleague', input: { name: 'ada', role: 'member' } }],
});
export const listUsers = defineOperation({
  name: 'users.list',
  summary: 'List the people who can log in',
  access: 'users:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/users' },
  input: z.object(PageQuery),
  output: pageOf(User),
});
export const disableUser = defineOperation({
  name: 'users.disable',
  summary: 'Disable a person; all their logins end at once',
  access: 'users:write',
  effect: 'consequential',
  approvedInAdvance: true,
  http: { method: 'POST', path: '/v1/users/{id}/disable' },
  input: z.object({ id: z.uuid() }),
  output: User,
  errors: [NotFound],
});
export const changeRole = defineOperation({
  name: 'users.changeRole',
  summary: 'Give a person another role; it holds from their next request on',
  description:
    'Nobody gives a role that may more than themselves, or changes somebody who does. An owner always remains.',
  access: 'users:write',
  effect: 'consequential',
  http: { method: 'POST', path: '/v1/users/{id}/role' },
  input: z.object({ id: z.uuid(), role: Role }),
  output: User,
  errors: [NotFound, Forbidden],
  examples: [
    { title: 'A colleague runs the hub too', input: { id: '0198c0de-0000-7000-8000-0000000000ad', role: 'operator' } },
  ],
});
export const resetPassword = defineOperation({
  name: 'users.resetPassword',
  summary: 'Give a person a new first password; all their logins end at once',
  description:
    'For somebody who has lost theirs. The answer holds the password, once; the person has to replace it before anything else. Nobody resets somebody who may more than themselves.',
  access: 'users:write',
  effect: 'consequential',
  http: { method: 'POST', path: '/v1/users/{id}/reset-password' },
  input: z.object({
    id: z.uuid(),
    /** The authenticator is lost too: the person enrols another one. */
    forgetAuthenticator: z.boolean().default(false),
  }),
  output: z.object({ ...User.shape, password: z.string().optional() }),
  errors: [NotFound, Forbidden],
  examples: [
    { title: 'A lost telephone', input: { id: '0198c0de-0000-7000-8000-0000000000ad', forgetAuthenticator: true } },
  ],
});
export const changePassword = defineOperation({
  name: 'users.changePassword',
  summary: 'Replace one’s own password; other logins of the same person end',
  access: 'self:use',
  effect: 'write',
  http: { method: 'POST', path: '/v1/users/password' },
  input: z.object({
    password: z.string().min(1).max(256),
    /** At least 12 characters; nothing else is asked of it (NIST SP 800-63B). */
    newPassword: z.string().min(12, 'must have at least 12 characters').max(256),
  }),
  output: User,
});
