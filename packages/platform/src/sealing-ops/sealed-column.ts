/** A column that is stored sealed, with the columns of the row's key in the order in which its place names them. */
export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  readonly key: readonly string[];
}

/** Those of the platform itself; other packages name theirs. */
export const platformSealedColumns: readonly SealedColumn[] = [
  { table: 'idempotency_records', column: 'answer', key: ['tenant', 'operation', 'idempotency_key'] },
  { table: 'approvals', column: 'input', key: ['id'] },
  { table: 'users', column: 'totp_seed', key: ['id'] },
];
