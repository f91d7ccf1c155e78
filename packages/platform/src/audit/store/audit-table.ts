import type { AuditRow } from '../record-text.ts';

/** A row of `audit_records`. */
export interface AuditTableRow {
  readonly sequence: number;
  readonly at_ms: number;
  readonly actor: string;
  readonly tenant: string;
  readonly operation: string;
  readonly outcome: string;
  readonly target: string | null;
  readonly correlation_id: string;
  readonly details: string;
  readonly previous_hash: string;
  readonly hash: string;
}

export interface AuditSchema {
  audit_records: AuditTableRow;
}

/** What a row's hash is taken over. */
export function hashedPart(row: AuditTableRow): AuditRow {
  const { sequence, actor, tenant, operation, outcome, target, details } = row;
  const { at_ms: atMs, correlation_id: correlationId, previous_hash: previousHash } = row;
  return { sequence, atMs, actor, tenant, operation, outcome, target, correlationId, details, previousHash };
}
