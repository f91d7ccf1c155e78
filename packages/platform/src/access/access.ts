import type { Clock } from '@reeve/kernel';
import type { AuditDraft, BoundStatement, Database } from '../database/port.ts';
import type { Logger } from '../log/logger.ts';
import type { Caller } from '../operations/call.ts';
import { periodically } from '../operations/periodic.ts';
import { makeKeyText } from './key-text.ts';
import { KeyIndex } from './key-index.ts';
import { keyIdentity, keyState, type KeyRecord } from './key-record.ts';
import { insertKey, keyUsed, listKeyRecords, managesKeys, revokeKeyRow } from './store/keys.ts';

/** Last use is written at most this often per key: it is for people, not for decisions. */
const lastUsedEveryMs = 60_000;
const pageSize = 500;

export interface AccessComponents {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
}

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

export interface EnsuredKey {
  readonly id: string;
  readonly text: string;
  readonly created: boolean;
}

/** API keys: who is behind one, and the keeping of them. */
export interface Access extends AsyncDisposable {
  /** The caller behind a key text, or nothing when it is unknown, expired or revoked. Microseconds; never throws. */
  authenticate(keyText: string): Caller | undefined;
  /** Makes a key; store it with its `insert`, then `remember` it. */
  newKey(grant: KeyGrant, createdBy: string): NewKey;
  /** Takes a key as it is now stored; from then on it holds, or does not hold. */
  remember(record: KeyRecord): void;
  find(id: string): KeyRecord | undefined;
  /** Whether requests with this key would be let in now. */
  holds(id: string): boolean;
  /** Whether a caller who was let in earlier would be let in again: what lives long asks now and then. */
  stillHolds(caller: Caller): boolean;
  /** Tells when a key was made or revoked; answers how to end that. */
  onChange(listener: () => void): () => void;
  /** Other usable keys that could manage the keys of this one's tenant, were it revoked. */
  otherManagersOf(record: KeyRecord): number;
  lastUsedAtMs(id: string): number | null;
  /**
   * A key for the system's own use: `existing` if it still holds and is what is wanted, otherwise a new one, in whose
   * favour earlier ones of this name and tenant that the system made are revoked.
   */
  ensureKey(grant: KeyGrant, existing?: string): Promise<EnsuredKey>;
  /** Writes down when keys were last used. Done once a minute, and at the end. */
  flushLastUsed(): Promise<void>;
}

const bootstrap = 'system:bootstrap';

/** Loads every key into memory. */
export async function createAccess({ database, clock, log }: AccessComponents): Promise<Access> {
  const index = new KeyIndex();
  await load(database, clock, index);
  const stopFlushing = periodically('last use of keys', lastUsedEveryMs, log, flushLastUsed);
  const changed = new Set<() => void>();

  async function flushLastUsed(): Promise<void> {
    const used = index.takeUsed();
    if (used.length > 0) await database.commit({ statements: used.map((key) => keyUsed(key.id, key.lastUsedAtMs)) });
  }

  function newKey(grant: KeyGrant, createdBy: string): NewKey {
    const { id, text, secretHash } = makeKeyText();
    const record: KeyRecord = {
      id,
      tenant: grant.tenant,
      name: grant.name,
      secretHash,
      permissions: Object.freeze([...grant.permissions]),
      createdAtMs: clock.nowMs(),
      createdBy,
      expiresAtMs: grant.expiresAtMs ?? null,
      revokedAtMs: null,
      lastUsedAtMs: null,
    };
    return { record, text, insert: insertKey(record) };
  }

  function remember(record: KeyRecord): void {
    index.put(record);
    for (const listener of changed) listener();
  }

  const isActive = (record: KeyRecord) => keyState(record, clock.nowMs()) === 'active';

  function holds(id: string): boolean {
    const record = index.get(id);
    return record !== undefined && isActive(record);
  }

  async function ensureKey(grant: KeyGrant, existing?: string): Promise<EnsuredKey> {
    const known = existing === undefined ? undefined : index.verify(existing);
    if (existing !== undefined && known && isActive(known) && matches(known, grant))
      return { id: known.id, text: existing, created: false };
    const made = newKey(grant, bootstrap);
    const nowMs = clock.nowMs();
    const earlier = [...index.records()].filter(
      (key) => key.createdBy === bootstrap && key.name === grant.name && key.tenant === grant.tenant && isActive(key),
    );
    const audit: AuditDraft = {
      actor: bootstrap,
      tenant: grant.tenant,
      operation: 'keys.create',
      outcome: 'done',
      target: made.record.id,
      correlationId: bootstrap,
      details: { name: grant.name, permissions: [...grant.permissions], replaces: earlier.map(({ id }) => id) },
    };
    const statements = [made.insert, ...earlier.map(({ id }) => revokeKeyRow(id, nowMs))];
    await database.commit({ statements, audit: [audit] });
    remember(made.record);
    for (const key of earlier) remember({ ...key, revokedAtMs: nowMs });
    return { id: made.record.id, text: made.text, created: true };
  }

  return {
    authenticate: (keyText) => index.authenticate(keyText, clock.nowMs()),
    newKey,
    remember,
    onChange(listener) {
      changed.add(listener);
      return () => changed.delete(listener);
    },
    find: (id) => index.get(id),
    holds,
    stillHolds: ({ identity }) => !identity.startsWith(keyIdentity) || holds(identity.slice(keyIdentity.length)),
    otherManagersOf(record) {
      const others = [...index.records()].filter((key) => key.id !== record.id && isActive(key));
      return others.filter((key) => managesKeysOf(key, record.tenant)).length;
    },
    lastUsedAtMs: (id) => index.lastUsedAtMs(id),
    ensureKey,
    flushLastUsed,
    async [Symbol.asyncDispose]() {
      await stopFlushing();
      await flushLastUsed();
    },
  };
}

function managesKeysOf(key: KeyRecord, tenant: string): boolean {
  const scope = managesKeys(key.permissions);
  return scope === 2 || (scope === 1 && key.tenant === tenant);
}

function matches(record: KeyRecord, grant: KeyGrant): boolean {
  const same = record.name === grant.name && record.tenant === grant.tenant;
  return same && record.permissions.join(' ') === grant.permissions.join(' ');
}

async function load(database: Database, clock: Clock, index: KeyIndex): Promise<void> {
  let afterId: string | undefined;
  do {
    const filter = { ended: true, nowMs: clock.nowMs(), limit: pageSize, afterId };
    const page = await listKeyRecords(database, filter);
    for (const record of page) index.put(record);
    afterId = page.length === pageSize ? page.at(-1)?.id : undefined;
  } while (afterId !== undefined);
}
