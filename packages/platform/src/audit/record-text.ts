/** One record of the audit chain as it is stored. `details` is canonical JSON. */
export interface AuditRow {
  readonly sequence: number;
  readonly atMs: number;
  readonly actor: string;
  readonly tenant: string;
  readonly operation: string;
  readonly outcome: string;
  readonly target: string | null;
  readonly correlationId: string;
  readonly details: string;
  readonly previousHash: string;
}

/** What the first record of a chain names as the hash before it. */
export const genesisHash = '0'.repeat(64);

/**
 * The text whose SHA-256 is a record's hash: the canonical JSON of the record, keys in order of code units. Written
 * out by hand because the thread that writes it loads nothing but what it needs.
 */
export function auditRecordText(row: AuditRow): string {
  const text = JSON.stringify;
  return (
    `{"actor":${text(row.actor)},"atMs":${row.atMs},"correlationId":${text(row.correlationId)},"details":${row.details},` +
    `"operation":${text(row.operation)},"outcome":${text(row.outcome)},"previousHash":${text(row.previousHash)},` +
    `"sequence":${row.sequence},"target":${text(row.target)},"tenant":${text(row.tenant)}}`
  );
}
