import { defineOperation, EpochMs, Forbidden, Name, NotFound, PageQuery, pageOf } from '@reeve/kernel';
import { z } from 'zod';
import { knownPermissions, unknownPermissionMessage } from './permissions.ts';

export const KeyId = z.string().regex(/^[a-z0-9]{12}$/, 'must be the id of a key: the 12 characters after rv_');

export const TenantName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'must be 1–63 characters of a–z, 0–9, dot, dash and underscore');

/** A permission or wildcard that exists; a mistyped one would give nothing and say nothing. */
export const GrantedPermission = z.string().check((context) => {
  if (knownPermissions.has(context.value)) return;
  context.issues.push({ code: 'custom', input: context.value, message: unknownPermissionMessage(context.value) });
});

const yearMs = 366 * 24 * 3_600_000;

/** An API key without its secret, which nobody has after it was shown once. */
export const ApiKey = z.object({
  id: KeyId,
  name: Name,
  tenant: z.string(),
  permissions: z.array(z.string()),
  state: z.enum(['active', 'expired', 'revoked']),
  createdAtMs: EpochMs,
  createdBy: z.string(),
  expiresAtMs: EpochMs.optional(),
  revokedAtMs: EpochMs.optional(),
  /** To about a minute. */
  lastUsedAtMs: EpochMs.optional(),
});
export type ApiKey = z.output<typeof ApiKey>;

export const createKey = defineOperation({
  name: 'keys.create',
  summary: 'Create an API key',
  description:
    'The answer holds the key itself, once: it is stored nowhere, and repeating the request with the same idempotency key answers without it. A key can have at most the permissions of the one that creates it.',
  access: 'keys:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/keys', status: 201 },
  input: z.object({
    name: Name,
    permissions: z.array(GrantedPermission).min(1).max(64),
    /** It never expires when not given. */
    expiresInMs: z
      .int()
      .min(1_000)
      .max(10 * yearMs)
      .optional(),
    /** One's own when not given; another one needs `tenants:any`. */
    tenant: TenantName.optional(),
  }),
  output: z.object({ ...ApiKey.shape, apiKey: z.string().optional() }),
  errors: [Forbidden],
  examples: [
    { title: 'For a batch job', input: { name: 'nightly batch', permissions: ['tasks:read', 'tasks:write'] } },
    {
      title: 'For an agent, for a day',
      input: { name: 'ocr agent', permissions: ['agents:connect'], expiresInMs: 86_400_000 },
    },
  ],
});
export const listKeys = defineOperation({
  name: 'keys.list',
  summary: 'List API keys',
  access: 'keys:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/keys' },
  input: z.object({
    ...PageQuery,
    /** Also those that were revoked or have expired. */
    ended: z.boolean().default(false),
  }),
  output: pageOf(ApiKey),
});
export const showKey = defineOperation({
  name: 'keys.show',
  summary: 'Show one API key',
  access: 'keys:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/keys/{id}' },
  input: z.object({ id: KeyId }),
  output: ApiKey,
  errors: [NotFound],
});
export const revokeKey = defineOperation({
  name: 'keys.revoke',
  summary: 'Revoke an API key; it stops working at once and for ever',
  access: 'keys:write',
  effect: 'consequential',
  approvedInAdvance: true,
  http: { method: 'POST', path: '/v1/keys/{id}/revoke' },
  input: z.object({ id: KeyId }),
  output: ApiKey,
  errors: [NotFound],
});
