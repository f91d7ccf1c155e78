import type { Clock } from '@reeve/kernel';
import type { Database } from '../database/index.ts';
import type { Logger } from '../log/index.ts';
import type { Caller } from '../operations/index.ts';
import { periodically } from '../operations/periodic.ts';
import { ensureKey, type EnsuredKey } from './ensure-key.ts';
import type { People } from '../people/index.ts';
import { isKeyText } from './key-text.ts';
import { keyIdentity } from './key-record.ts';
import { LoadedKeyRing, type KeyGrant, type KeyRing } from './key-ring.ts';

/** Last use is written at most this often per key: it is for people, not for decisions. */
const lastUsedEveryMs = 60_000;

export interface AccessComponents {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** People who log in, where there are any. */
  readonly people?: People;
}

/** API keys: who is behind one, and the keeping of them. */
export interface Access extends AsyncDisposable {
  /** What has to be awaited before a credential is authenticated; nothing for most. */
  recognise(credential: string): Promise<void> | undefined;
  /**
   * The caller behind an API key or a recognised access token, or nothing when it is unknown, expired or revoked.
   * Microseconds; never throws.
   */
  authenticate(credential: string): Caller | undefined;
  /** Whether a caller who was let in earlier would be let in again: what lives long asks now and then. */
  stillHolds(caller: Caller): boolean;
  /** Tells when a key was made or revoked; answers how to end that. */
  onChange(listener: () => void): () => void;
  /**
   * A key for the system's own use: `existing` if it still holds and is what is wanted, otherwise a new one, in whose
   * favour earlier ones of this name and tenant that the system made are revoked.
   */
  ensureKey(grant: KeyGrant, existing?: string): Promise<EnsuredKey>;
  readonly keys: KeyRing;
}

/** Loads every key into memory. */
export async function createAccess(components: AccessComponents): Promise<Access> {
  const { database, clock, log, people } = components;
  const keys = new LoadedKeyRing(components);
  await keys.load();
  const stopFlushing = periodically('last use of keys', lastUsedEveryMs, log, () => keys.flushLastUsed());
  return {
    keys,
    recognise: (credential) => (isKeyText(credential) ? undefined : people?.recognise(credential)),
    authenticate: (credential) =>
      isKeyText(credential) ? keys.index.authenticate(credential, clock.nowMs()) : people?.authenticate(credential),
    stillHolds(caller) {
      const { identity, person } = caller;
      if (person) return people?.stillHolds(caller) === true;
      return !identity.startsWith(keyIdentity) || keys.holds(identity.slice(keyIdentity.length));
    },
    onChange(listener) {
      keys.listeners.add(listener);
      const stopListening = people?.onChange(listener);
      return () => {
        keys.listeners.delete(listener);
        stopListening?.();
      };
    },
    ensureKey: (grant, existing) => ensureKey({ database, clock, keys }, grant, existing),
    async [Symbol.asyncDispose]() {
      await stopFlushing();
      await keys.flushLastUsed();
    },
  };
}
