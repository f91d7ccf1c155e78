import type { Approval, ApprovalState } from '../../api/approvals.ts';
import type { ApprovalRow } from '../store/approvals.ts';

/** An approval as callers see it; what is open by its record but past its time shows as expired. */
export function approvalFace(row: ApprovalRow, nowMs: number): Approval {
  const open = row.state === 'pending' || row.state === 'given';
  return {
    id: row.id,
    tenant: row.tenant,
    operation: row.operation,
    digest: row.digest,
    state: open && row.expires_at_ms <= nowMs ? 'expired' : (row.state as ApprovalState),
    input: JSON.parse(row.input) as Approval['input'],
    plan: JSON.parse(row.plan) as Approval['plan'],
    guards: JSON.parse(row.guards) as Approval['guards'],
    requestedBy: row.requested_by,
    requestedAtMs: row.requested_at_ms,
    expiresAtMs: row.expires_at_ms,
    ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
    ...(row.decided_at_ms === null ? {} : { decidedAtMs: row.decided_at_ms }),
    ...(row.note === null ? {} : { note: row.note }),
    ...(row.used_at_ms === null ? {} : { usedAtMs: row.used_at_ms }),
    ...(row.used_by === null ? {} : { usedBy: row.used_by }),
  };
}
