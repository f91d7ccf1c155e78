import { defineError, type Clock } from '@reeve/kernel';
import type { Database } from '../database/port.ts';
import type { AuditFault, ChainHead } from './find-fault.ts';
import { HeadsFile } from './heads-file.ts';
import type { HeadKeys, SignedHead } from './signed-head.ts';
import { readRecords } from './store/records.ts';
import { deleteRecordsTo, readAnchor, storeAnchor } from './store/anchor.ts';
import { verifyAudit, type AuditVerdict } from './verify-audit.ts';

export const HeadNotGenuine = defineError({
  code: 'head_not_genuine',
  class: 'invalid',
  title: 'A head was not signed by this installation',
  meaning: 'The signature of an exported head does not fit it, or its key is not known here.',
  remedy: 'Compare with other copies of the file; add an older key to `audit.signingKey` if it was rotated away.',
});
export const AuditChainBroken = defineError({
  code: 'audit_chain_broken',
  class: 'internal',
  title: 'The audit chain is not what it was',
  meaning:
    'The records do not fit each other or a head that was exported earlier: somebody changed the database past the program.',
  remedy: 'Look at the details, keep the files as they are for evidence, and find out who could write the database.',
});

/** Records removed in one unit, so that no commit grows long. */
const recordsPerUnit = 500;

export interface AuditHeadsComponents {
  readonly database: Database;
  readonly clock: Clock;
  readonly keys: HeadKeys;
  /** Where exported heads are kept; copy it to where who can write the database cannot. */
  readonly path: string;
}

/** Signs where the audit chain is, and knows where it was: what a changed database cannot hide from. */
export class AuditHeads {
  readonly #components: AuditHeadsComponents;
  readonly #file: HeadsFile;
  #exporting: Promise<unknown> = Promise.resolve();

  constructor(components: AuditHeadsComponents) {
    this.#components = components;
    this.#file = new HeadsFile(components.path);
  }

  /**
   * Checks the chain against these heads; against those that were exported when none are given.
   * @throws HeadNotGenuine before anything is compared with a forged one.
   */
  async verify(heads?: readonly SignedHead[], signal?: AbortSignal): Promise<AuditVerdict> {
    const { database } = this.#components;
    const expectedHeads = heads ?? (await this.#file.read());
    for (const head of expectedHeads) this.#assertGenuine(head);
    return verifyAudit(database, { expectedHeads, anchor: await this.#anchor(), signal });
  }

  /**
   * Signs where the chain is now and keeps that; the newest head when nothing has happened since.
   * @throws AuditChainBroken: a chain that does not fit an earlier head is never signed.
   */
  export(signal?: AbortSignal): Promise<SignedHead> {
    const exported = this.#exporting.then(() => this.#export(signal));
    this.#exporting = exported.catch(() => {}); // told to whoever asked
    return exported;
  }

  /**
   * Removes records from before a time, up to an exported head, whose signature then stands for them: the chain is checked
   * from there on. Nothing is removed that no head covers. @returns how many.
   */
  async prune(beforeMs: number, signal?: AbortSignal): Promise<number> {
    const { database } = this.#components;
    const heads = await this.#file.read();
    // All but the newest: the record that it names stays, for the chain grows from it.
    const head = heads.slice(0, -1).findLast(({ atMs }) => atMs < beforeMs);
    const anchor = await this.#anchor();
    if (head === undefined || head.sequence <= (anchor?.sequence ?? 0)) return 0;
    const verdict = await this.verify(undefined, signal);
    if (!verdict.ok) throw broken(verdict.fault);
    await database.commit({ statements: [storeAnchor(head)] });
    return this.#remove(head.sequence, signal);
  }

  async #remove(sequence: number, signal: AbortSignal | undefined): Promise<number> {
    for (let removed = 0; ;) {
      const [result] = await this.#components.database.commit({
        statements: [deleteRecordsTo(sequence, recordsPerUnit)],
      });
      removed += result!.changes;
      if (result!.changes < recordsPerUnit || signal?.aborted) return removed;
    }
  }

  async #export(signal: AbortSignal | undefined): Promise<SignedHead> {
    const { database } = this.#components;
    const newest = (await this.#file.read()).at(-1);
    if (newest) await this.#assertStillThere(newest);
    // What newest stands for was checked when it was made; `verify` walks all of it.
    const verdict = await verifyAudit(database, { anchor: newest ?? (await this.#anchor()), signal });
    if (!verdict.ok) throw broken(verdict.fault);
    if (newest?.sequence === verdict.head.sequence) return newest;
    const head = this.#components.keys.sign(verdict.head, this.#components.clock.nowMs());
    await this.#file.append(head);
    return head;
  }

  async #assertStillThere(head: SignedHead): Promise<void> {
    this.#assertGenuine(head);
    const [row] = head.sequence === 0 ? [head] : await readRecords(this.#components.database, head.sequence - 1, 1);
    if (row?.sequence === head.sequence && row.hash === head.hash) return;
    const message = `record ${head.sequence}, which an exported head names, is not there as it was`;
    throw broken({ sequence: head.sequence, kind: 'rewritten', message });
  }

  /** Where the chain begins, when older records were removed. An anchor that nobody signed stands for nothing. */
  async #anchor(): Promise<ChainHead | undefined> {
    const anchor = await readAnchor(this.#components.database);
    if (anchor) this.#assertGenuine(anchor);
    return anchor;
  }

  #assertGenuine(head: SignedHead): void {
    if (this.#components.keys.isGenuine(head)) return;
    throw HeadNotGenuine.error(`the head at record ${head.sequence} is not signed by a key known here`, {
      details: { sequence: head.sequence, keyId: head.keyId },
    });
  }
}

function broken({ sequence, kind, message }: AuditFault) {
  return AuditChainBroken.error(message, { details: { sequence, kind } });
}
