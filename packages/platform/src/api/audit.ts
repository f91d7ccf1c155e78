import { defineOperation, EpochMs, MalformedRequest, PageQuery, pageOf } from '@reeve/kernel';
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
  details: z.record(z.string(), z.json()),
  previousHash: z.string(),
  hash: z.string(),
});

const ChainHead = z.object({ sequence: z.int(), hash: z.string() });

export const AuditVerdict = z.object({
  ok: z.boolean(),
  /** Records that were found right. */
  records: z.int(),
  /** Of a chain that is right its end; keep it elsewhere, and give it next time to find a cut or rewritten chain. */
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
    actor: z.string().max(200).optional(),
    operation: z.string().max(100).optional(),
    target: z.string().max(200).optional(),
  }),
  output: pageOf(AuditRecord),
  errors: [MalformedRequest],
});
export const verifyAudit = defineOperation({
  name: 'audit.verify',
  summary: 'Check the hash chain of the audit log',
  access: 'audit:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/audit/verify' },
  input: z.object({
    /** A head that was exported earlier, as `<sequence>:<hash>`. */
    head: z
      .string()
      .regex(/^\d{1,15}:[0-9a-f]{64}$/, 'must be <sequence>:<hash> of an earlier verification')
      .optional(),
  }),
  output: AuditVerdict,
});
