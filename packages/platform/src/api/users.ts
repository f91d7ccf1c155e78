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
