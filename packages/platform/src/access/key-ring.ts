import type { Clock } from '@reeve/kernel';
import type { BoundStatement, Database } from '../database/index.ts';
import { KeyIndex } from './key-index.ts';
import { keyState, type KeyRecord } from './key-record.ts';
import { makeKeyText } from './key-text.ts';
import { insertKey, keyUsed, listKeyRecords, managesKeys } from './store/keys.ts';

const pageSize = 500;

/** What a new key is to be. */
export interface KeyGrant {
  readonly name: string;
  readonly tenant: string;
  readonly permissions: readonly string[];
  readonly expiresAtMs?: number | undefined;
}

/** A key made but not stored yet; `text` is all there will ever be of its secret. */
export interface NewKey {
  readonly record: KeyRecord;
  readonly text: string;
  readonly insert: BoundStatement;
}

/** The keys themselves, for those who show, make and revoke them. */
export interface KeyRing {
  /** Makes a key; store it with its `insert`, then `remember` it. */
  make(grant: KeyGrant, createdBy: string): NewKey;
  /** Takes a key as it is now stored; from then on it holds, or does not hold. */
  remember(record: KeyRecord): void;
  find(id: string): KeyRecord | undefined;
  all(): Iterable<KeyRecord>;
  /** The key behind a text, in whatever state it is. */
  identify(keyText: string): KeyRecord | undefined;
  /** Whether requests with this key would be let in now. */
  holds(id: string): boolean;
  /** Other usable keys that could manage the keys of this one's tenant, were it revoked. */
  otherManagersOf(record: KeyRecord): number;
  lastUsedAtMs(id: string): number | null;
  /** Writes down when keys were last used. Done once a minute, and at the end. */
  flushLastUsed(): Promise<void>;
}

/** Every key, in memory; the database is behind it. */
export class LoadedKeyRing implements KeyRing {
  readonly index = new KeyIndex();
  readonly listeners = new Set<() => void>();
  readonly #database: Database;
  readonly #clock: Clock;

  constructor({ database, clock }: { readonly database: Database; readonly clock: Clock }) {
    this.#database = database;
    this.#clock = clock;
  }

  async load(): Promise<void> {
    let afterId: string | undefined;
    do {
      const filter = { ended: true, nowMs: this.#clock.nowMs(), limit: pageSize, afterId };
      const page = await listKeyRecords(this.#database, filter);
      for (const record of page) this.index.put(record);
      afterId = page.length === pageSize ? page.at(-1)?.id : undefined;
    } while (afterId !== undefined);
  }

  make(grant: KeyGrant, createdBy: string): NewKey {
    const { id, text, secretHash } = makeKeyText();
    const record: KeyRecord = {
      id,
      tenant: grant.tenant,
      name: grant.name,
      secretHash,
      permissions: Object.freeze([...grant.permissions]),
      createdAtMs: this.#clock.nowMs(),
      createdBy,
      expiresAtMs: grant.expiresAtMs ?? null,
      revokedAtMs: null,
      lastUsedAtMs: null,
    };
    return { record, text, insert: insertKey(record) };
  }

  remember(record: KeyRecord): void {
    this.index.put(record);
    for (const listener of this.listeners) listener();
  }

  find(id: string): KeyRecord | undefined {
    return this.index.get(id);
  }

  all(): Iterable<KeyRecord> {
    return this.index.records();
  }

  identify(keyText: string): KeyRecord | undefined {
    return this.index.identify(keyText);
  }

  holds(id: string): boolean {
    const record = this.index.get(id);
    return record !== undefined && this.#isActive(record);
  }

  otherManagersOf(record: KeyRecord): number {
    const others = [...this.index.records()].filter((key) => key.id !== record.id && this.#isActive(key));
    return others.filter((key) => managesKeysOf(key, record.tenant)).length;
  }

  lastUsedAtMs(id: string): number | null {
    return this.index.lastUsedAtMs(id);
  }

  async flushLastUsed(): Promise<void> {
    const used = this.index.takeUsed();
    if (used.length === 0) return;
    await this.#database.commit({ statements: used.map((key) => keyUsed(key.id, key.lastUsedAtMs)) });
  }

  #isActive(record: KeyRecord): boolean {
    return keyState(record, this.#clock.nowMs()) === 'active';
  }
}

function managesKeysOf(key: KeyRecord, tenant: string): boolean {
  const scope = managesKeys(key.permissions);
  return scope === 2 || (scope === 1 && key.tenant === tenant);
}
