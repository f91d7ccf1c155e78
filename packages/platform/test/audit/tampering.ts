import { DatabaseSync } from 'node:sqlite';
import { recordHash } from '../../src/audit/find-fault.ts';
import type { AuditTableRow } from '../../src/audit/store/audit-table.ts';

/** Writes past the platform, as someone with the file can. */
export function withRaw(path: string, tamper: (raw: DatabaseSync) => void): void {
  const raw = new DatabaseSync(path);
  tamper(raw);
  raw.close();
}

export function rowOf(raw: DatabaseSync, sequence: number): AuditTableRow {
  return raw.prepare('SELECT * FROM audit_records WHERE sequence = ?').get(sequence) as unknown as AuditTableRow;
}

export function forge(raw: DatabaseSync, sequence: number): string {
  const row = { ...rowOf(raw, sequence), actor: 'key:forged' };
  const hash = recordHash(row);
  raw.prepare('UPDATE audit_records SET actor = ?, hash = ? WHERE sequence = ?').run(row.actor, hash, sequence);
  return hash;
}

/** Changes a record and computes the chain anew from there on. */
export function recompute(raw: DatabaseSync, from: number): void {
  let previous = forge(raw, from);
  const last = (raw.prepare('SELECT MAX(sequence) AS last FROM audit_records').get() as { last: number }).last;
  for (let sequence = from + 1; sequence <= last; sequence++) {
    const row = { ...rowOf(raw, sequence), previous_hash: previous };
    previous = recordHash(row);
    raw
      .prepare('UPDATE audit_records SET previous_hash = ?, hash = ? WHERE sequence = ?')
      .run(row.previous_hash, previous, sequence);
  }
}
