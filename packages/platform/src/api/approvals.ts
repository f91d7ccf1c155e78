import { defineOperation, EpochMs, Json, NotFound, pageOf, PageQuery, plainText, Uuid } from '@reeve/kernel';
import { z } from 'zod';
import { ApprovalClosed, ApprovalMismatch } from './errors.ts';
import { GuardResult, Plan } from './planned.ts';

export const ApprovalState = z.enum(['pending', 'given', 'used', 'withdrawn', 'expired']);
export type ApprovalState = z.output<typeof ApprovalState>;

export const Digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'must be a digest as shown with the plan: sha256:<64 hex>');

/** A request for a person's consent to one plan, and what became of it. */
export const Approval = z.object({
  id: Uuid,
  tenant: z.string(),
  operation: z.string(),
  /** What consent binds to: operation, input, limits of the guards, bounds of the effects. */
  digest: Digest,
  state: ApprovalState,
  input: Json,
  plan: Plan,
  guards: z.array(GuardResult),
  requestedBy: z.string(),
  requestedAtMs: EpochMs,
  expiresAtMs: EpochMs,
  decidedBy: z.string().optional(),
  decidedAtMs: EpochMs.optional(),
  note: z.string().optional(),
  usedAtMs: EpochMs.optional(),
  /** Correlation id of the one run that used the consent. */
  usedBy: z.string().optional(),
});
export type Approval = z.output<typeof Approval>;

const note = plainText(1_000).optional();

export const listApprovals = defineOperation({
  name: 'approvals.list',
  summary: 'List what waits for consent, and what became of it, newest first',
  access: 'approvals:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/approvals' },
  input: z.object({ ...PageQuery, state: ApprovalState.optional() }),
  output: pageOf(Approval),
});
export const showApproval = defineOperation({
  name: 'approvals.show',
  summary: 'Show one approval with its plan and guards',
  access: 'approvals:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/approvals/{id}' },
  input: z.object({ id: Uuid }),
  output: Approval,
  errors: [NotFound],
});
export const giveApproval = defineOperation({
  name: 'approvals.give',
  summary: 'Consent to a plan by its digest, for one run',
  access: 'approvals:give',
  effect: 'write',
  http: { method: 'POST', path: '/v1/approvals/{id}/give' },
  input: z.object({ id: Uuid, digest: Digest, note }),
  output: Approval,
  errors: [NotFound, ApprovalClosed, ApprovalMismatch],
});
export const withdrawApproval = defineOperation({
  name: 'approvals.withdraw',
  summary: 'Refuse a request, or take back consent that was not used yet',
  access: 'approvals:give',
  effect: 'write',
  http: { method: 'POST', path: '/v1/approvals/{id}/withdraw' },
  input: z.object({ id: Uuid, note }),
  output: Approval,
  errors: [NotFound, ApprovalClosed],
});
