import { timingSafeEqual } from 'node:crypto';
import type { Caller } from '../operations/call.ts';
import { callerOf, keyState, type KeyRecord } from './key-record.ts';
import { hashSecret, parseKeyText } from './key-text.ts';

/** How many verified key texts are remembered, so that a busy key is hashed once and not at every request. */
const rememberedTexts = 10_000;

interface Entry {
  record: KeyRecord;
  readonly caller: Caller;
  lastUsedAtMs: number | null;
}

/**
 * All keys in memory: a check costs a map look-up, and a hash the first time. Revocation and expiry are looked at in
 * every check, remembered or not, so they act at once.
 */
export class KeyIndex {
  readonly #byId = new Map<string, Entry>();
  readonly #verified = new Map<string, Entry>();
  readonly #used = new Set<Entry>();
  readonly #nobody = new Uint8Array(32);

  /** Adds a key or replaces what is known of it; the secret and the permissions of a key never change. */
  put(record: KeyRecord): void {
    const known = this.#byId.get(record.id);
    if (known) known.record = record;
    else this.#byId.set(record.id, { record, caller: callerOf(record), lastUsedAtMs: record.lastUsedAtMs });
  }

  get(id: string): KeyRecord | undefined {
    return this.#byId.get(id)?.record;
  }

  *records(): Iterable<KeyRecord> {
    for (const entry of this.#byId.values()) yield entry.record;
  }

  lastUsedAtMs(id: string): number | null {
    return this.#byId.get(id)?.lastUsedAtMs ?? null;
  }

  /** The caller behind a key text, or nothing for one that is unknown, expired or revoked. */
  authenticate(text: string, nowMs: number): Caller | undefined {
    const entry = this.#verified.get(text) ?? this.#verify(text);
    if (!entry || keyState(entry.record, nowMs) !== 'active') return undefined;
    entry.lastUsedAtMs = nowMs;
    this.#used.add(entry);
    return entry.caller;
  }

  /** The record behind a key text, whether it is active or not. */
  identify(text: string): KeyRecord | undefined {
    return (this.#verified.get(text) ?? this.#verify(text))?.record;
  }

  /** Keys used since the last call, with when; for the coarse record of last use. */
  takeUsed(): Array<{ id: string; lastUsedAtMs: number }> {
    const used = [...this.#used].map((entry) => ({ id: entry.record.id, lastUsedAtMs: entry.lastUsedAtMs ?? 0 }));
    this.#used.clear();
    return used;
  }

  #verify(text: string): Entry | undefined {
    const parts = parseKeyText(text);
    if (!parts) return undefined;
    const entry = this.#byId.get(parts.id);
    // An unknown id is compared as well, so that time does not tell which ids exist.
    const equal = timingSafeEqual(hashSecret(parts.secret), entry?.record.secretHash ?? this.#nobody);
    if (!entry || !equal) return undefined;
    if (this.#verified.size >= rememberedTexts) this.#verified.clear();
    this.#verified.set(text, entry);
    return entry;
  }
}
