import { canonicalJson } from '@reeve/kernel';
import { StatementFailed } from '../errors.ts';
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

/** Units that will share a commit, flattened as they arrive, so that what a caller changes later is not seen. */
export class OpenGroup {
  readonly units: PendingUnit[] = [];
  /** For the limits: characters count as bytes, everything else as eight. */
  sizeBytes = 0;
  readonly #maySeal: boolean;
  readonly #steps: number[] = [];
  readonly #params: SqlValue[] = [];
  readonly #seals: Array<number | string> = [];
  readonly #events: string[] = [];
  readonly #audit: (string | null)[] = [];

  /** @param maySeal whether there is a key to seal with. */
  constructor(maySeal: boolean) {
    this.#maySeal = maySeal;
  }

  /**
   * @throws StatementFailed or TypeError for a value that cannot be stored, and whatever the unit throws when it is read;
   * the group is then as it was.
   */
  add(unit: Unit, call: CommitCall, index: number, idOf: (sql: string) => number): void {
    const { sizeBytes } = this;
    const [steps, params, seals] = [this.#steps.length, this.#params.length, this.#seals.length];
    const [events, audit] = [this.#events.length, this.#audit.length];
    try {
      this.units.push(this.#encoded(unit, call, index, idOf));
    } catch (error) {
      this.sizeBytes = sizeBytes;
      [this.#steps.length, this.#params.length, this.#seals.length] = [steps, params, seals];
      [this.#events.length, this.#audit.length] = [events, audit];
      throw error;
    }
  }

  #encoded(unit: Unit, call: CommitCall, index: number, idOf: (sql: string) => number): PendingUnit {
    const head = this.#steps.push(0, 0, unit.audit?.length ?? 0) - 3;
    let statementCount = 0;
    for (const statement of unit.statements) {
      this.#addStatement(idOf(statement.sql), statement);
      statementCount++;
    }
    this.#steps[head] = statementCount;
    const { texts, count } = encodedEvents(unit.events);
    this.#steps[head + 1] = count;
    if (count > 0) this.#events.push(texts);
    this.sizeBytes += texts.length;
    for (const draft of unit.audit ?? []) this.#addAudit(draft);
    return { statementCount, events: count > 0 ? texts : undefined, call, index };
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

  #addStatement(id: number, { sql, params, expectRows = -1 }: UnitStatement): void {
    this.#steps.push(id, params.length, expectRows);
    for (let index = 0; index < params.length; index++) {
      if (!this.#addParam(params[index]!))
        throw new TypeError(
          `parameter ${index + 1} is no text, finite number, bytes or null: ${String(params[index])}, in: ${sql}`,
        );
    }
  }

  /** Bytes are copied: the caller may use them again, and a view would take its whole buffer to the other thread. */
  #addParam(value: ParameterValue): boolean {
    if (typeof value === 'string') {
      this.sizeBytes += value.length;
      this.#params.push(value);
    } else if (value === null || (typeof value === 'number' && Number.isFinite(value))) {
      this.sizeBytes += 8;
      this.#params.push(value);
    } else if (value instanceof Uint8Array) {
      this.sizeBytes += value.byteLength;
      this.#params.push(Uint8Array.from(value));
    } else if (value instanceof SealedText) this.#addSealed(value);
    else return false;
    return true;
  }

  #addSealed({ text, place }: SealedText): void {
    if (!this.#maySeal) throw StatementFailed.error('the database was opened without a key to seal with');
    this.#seals.push(this.#params.length, place);
    this.sizeBytes += text.length;
    this.#params.push(text);
  }

  /** In the order in which the writer reads them. */
  #addAudit({ actor, tenant, operation, outcome, target, correlationId, details }: AuditDraft): void {
    const fields = [actor, tenant, operation, outcome, target, correlationId, canonicalJson(details)];
    for (const field of fields) this.sizeBytes += field?.length ?? 0;
    this.#audit.push(...fields);
  }
}

/** JSON texts of events, joined by commas. */
function encodedEvents(drafts: Iterable<EventDraft> = []): { texts: string; count: number } {
  let [texts, count] = ['', 0];
  for (const { type, tenant, subject, data } of drafts) {
    const text = JSON.stringify({ type, tenant, subject, data });
    texts += count === 0 ? text : `,${text}`;
    count++;
  }
  return { texts, count };
}
