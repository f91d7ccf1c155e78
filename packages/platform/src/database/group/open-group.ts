import { canonicalJson } from '@reeve/kernel';
import { SealedText } from '../../sealing/sealed-text.ts';
import type { AuditDraft, EventDraft, ParameterValue, SqlValue, Unit, UnitStatement } from '../port.ts';
import type { CommitCall } from './commit-call.ts';
import type { GroupMessage } from './messages.ts';

/** A unit that waits for its group's answer. */
export interface PendingUnit {
  readonly statementCount: number;
  /** JSON texts of its events, joined by commas. */
  readonly events: string | undefined;
  /** The call it came with, and its place among the units of that call. */
  readonly call: CommitCall;
  readonly index: number;
}

/** Everything about a unit that can go wrong on this side is found before the first value enters the group. */
interface EncodedRecords {
  readonly events: string | undefined;
  readonly audit: ReadonlyArray<string | null> | undefined;
  readonly sizeBytes: number;
}

/** Units that will share a commit, flattened as they arrive, so that what a caller changes later is not seen. */
export class OpenGroup {
  readonly units: PendingUnit[] = [];
  sizeBytes = 0;
  readonly #steps: number[] = [];
  readonly #params: SqlValue[] = [];
  readonly #seals: Array<number | string> = [];
  readonly #events: string[] = [];
  readonly #audit: (string | null)[] = [];

  /** @throws TypeError for a value that cannot be stored; the group is then as it was. */
  add(unit: Unit, call: CommitCall, index: number, idOf: (sql: string) => number): void {
    const records = encodeRecords(unit);
    const paramBytes = unit.statements.reduce((sum, statement) => sum + sizeOfParams(statement), 0);
    const ids = unit.statements.map((statement) => idOf(statement.sql));
    this.#steps.push(unit.statements.length, unit.events?.length ?? 0, unit.audit?.length ?? 0);
    for (let index = 0; index < ids.length; index++) this.#addStatement(ids[index]!, unit.statements[index]!);
    if (records.events !== undefined) this.#events.push(records.events);
    for (const field of records.audit ?? []) this.#audit.push(field);
    this.units.push({ statementCount: ids.length, events: records.events, call, index });
    this.sizeBytes += paramBytes + records.sizeBytes;
  }

  toMessage(group: number, atMs: number): GroupMessage {
    return {
      kind: 'group',
      group,
      atMs,
      steps: this.#steps,
      params: this.#params,
      seals: this.#seals,
      events: this.#events,
      audit: this.#audit,
    };
  }

  #addStatement(id: number, statement: UnitStatement): void {
    const { params } = statement;
    this.#steps.push(id, params.length, statement.expectRows ?? -1);
    for (let index = 0; index < params.length; index++) this.#addParam(params[index]!);
  }

  /** Bytes are copied: the caller may use them again, and a view would take its whole buffer to the other thread. */
  #addParam(value: ParameterValue): void {
    if (value instanceof SealedText) {
      this.#seals.push(this.#params.length, value.place);
      this.#params.push(value.text);
    } else this.#params.push(value instanceof Uint8Array ? Uint8Array.from(value) : value);
  }
}

function encodeRecords(unit: Unit): EncodedRecords {
  const events = unit.events?.length ? eventTexts(unit.events) : undefined;
  const audit = unit.audit?.length ? unit.audit.flatMap(auditFields) : undefined;
  const auditBytes = audit?.reduce((sum, field) => sum + (field?.length ?? 0), 0) ?? 0;
  return { events, audit, sizeBytes: (events?.length ?? 0) + auditBytes };
}

function eventTexts(drafts: readonly EventDraft[]): string {
  let texts = eventText(drafts[0]!);
  for (let index = 1; index < drafts.length; index++) texts += `,${eventText(drafts[index]!)}`;
  return texts;
}

function eventText({ type, tenant, subject, data }: EventDraft): string {
  return JSON.stringify({ type, tenant, subject, data });
}

/** In the order in which the writer reads them. */
function auditFields(draft: AuditDraft): (string | null)[] {
  const { actor, tenant, operation, outcome, target, correlationId, details } = draft;
  return [actor, tenant, operation, outcome, target, correlationId, canonicalJson(details)];
}

/** Size for the limits: characters count as bytes, everything else as eight. Refuses what the database cannot store. */
function sizeOfParams({ sql, params }: UnitStatement): number {
  let sizeBytes = 0;
  for (let index = 0; index < params.length; index++) {
    const value = params[index];
    if (typeof value === 'string') sizeBytes += value.length;
    else if (value === null || (typeof value === 'number' && Number.isFinite(value))) sizeBytes += 8;
    else if (value instanceof Uint8Array) sizeBytes += value.byteLength;
    else if (value instanceof SealedText) sizeBytes += value.text.length;
    else
      throw new TypeError(
        `parameter ${index + 1} is no text, finite number, bytes or null: ${String(value)}, in: ${sql}`,
      );
  }
  return sizeBytes;
}
