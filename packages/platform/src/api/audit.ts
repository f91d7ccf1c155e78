import { defineOperation, EpochMs, Json, MalformedRequest, pageOf, PageQuery, plainText } from '@reeve/kernel';
import { z } from 'zod';

export const AuditRecord = z.object({
  /** Counts from 1 without gaps. */
  sequence: z.int(),
  atMs: EpochMs,
  actor: z.string(),
  tenant: z.string(),
  operation: z.string(),
  outcome: z.enum(['done', 'refused', 'failed', 'rolledBack']),
  target: z.string().nullable(),
  correlationId: z.string(),
  details: z.record(z.string(), Json),
  previousHash: z.string(),
  hash: z.string(),
});

const ChainHead = z.object({ sequence: z.int(), hash: z.string() });

export const AuditVerdict = z.object({
  ok: z.boolean(),
  /** Records that were found right. */
  records: z.int(),
  /** Of a chain that is right its end. */
  head: ChainHead.optional(),
  /** The first record that is wrong, and how. */
  fault: z
    .object({
      sequence: z.int(),
      kind: z.enum(['changed', 'removed', 'inserted', 'outOfOrder', 'tailCut', 'rewritten']),
      message: z.string(),
    })
    .optional(),
});

export const listAudit = defineOperation({
  name: 'audit.list',
  summary: 'List who did what, newest first',
  description: 'A page may be shorter than its limit, or empty, and still have a next one.',
  access: 'audit:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/audit' },
  input: z.object({
    ...PageQuery,
    actor: plainText(200).optional(),
    operation: plainText(100).optional(),
    target: plainText(200).optional(),
  }),
  output: pageOf(AuditRecord),
  errors: [MalformedRequest],
});
export const SignedHead = z.object({
  sequence: z.int().nonnegative(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  atMs: EpochMs,
  keyId: z.string().max(64),
  signature: z.string().max(200),
});

export const exportAuditHead = defineOperation({
  name: 'audit.exportHead',
  summary: 'Sign where the audit chain is, and add that to the file of exported heads',
  description: 'Done every hour by itself. A chain that does not fit an earlier head is never signed.',
  access: 'audit:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/audit/heads', status: 201 },
  input: z.object({}),
  output: SignedHead,
});
export const verifyAuditHeads = defineOperation({
  name: 'audit.verifyHeads',
  summary: 'Check the audit log against heads that were kept elsewhere',
  description: 'For a copy of the file of exported heads: `reeve audit verify --heads FILE` sends it.',
  access: 'audit:read',
  effect: 'write',
  http: { method: 'POST', path: '/v1/audit/verify', bodyLimitBytes: 8 * 1024 * 1024 },
  input: z.object({ heads: z.array(SignedHead).min(1).max(20_000) }),
  output: AuditVerdict,
});
export const verifyAudit = defineOperation({
  name: 'audit.verify',
  summary: 'Check the audit log: its hash chain, and every head that was exported',
  access: 'audit:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/audit/verify' },
  input: z.object({}),
  output: AuditVerdict,
});
