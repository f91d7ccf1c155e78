import type { Sealing } from '../../database/sealing-columns.ts';

interface AnswerRow {
  tenant: string;
  operation: string;
  idempotency_key: string;
  body_hash: string;
  /** `done`, or `unverified` while it is not yet known whether what ran shows what was planned. */
  state: string;
  /** JSON text. */
  answer: string;
  expires_at_ms: number;
}

export interface ApprovalRow {
  id: string;
  tenant: string;
  operation: string;
  digest: string;
  /** `<tenant> <digest>` as long as it is open, so that one plan has at most one open approval. */
  open_key: string | null;
  state: string;
  input: string;
  plan: string;
  guards: string;
  requested_by: string;
  requested_at_ms: number;
  expires_at_ms: number;
  decided_by: string | null;
  decided_at_ms: number | null;
  note: string | null;
  used_at_ms: number | null;
  used_by: string | null;
}

/** Tables of the road, as in migration platform/2. */
export interface OperationTables {
  idempotency_records: Sealing<AnswerRow, 'answer'>;
  approvals: Sealing<ApprovalRow, 'input'>;
}
