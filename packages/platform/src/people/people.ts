import { createHash } from 'node:crypto';
import type { Clock } from '@reeve/kernel';
import type { Database } from '../database/index.ts';
import type { Logger } from '../log/index.ts';
import type { BoundOperation, Caller } from '../operations/index.ts';
import { periodically } from '../operations/periodic.ts';
import type { KeyChain } from '../sealing/index.ts';
import { Attempts } from './attempts.ts';
import type { PeopleParts, PeopleSettings } from './components.ts';
import { ensureFirstOwner, type FirstOwner } from './first-owner.ts';
import { personIdentity } from './identity.ts';
import { peopleOperations } from './people-operations.ts';
import { Register } from './register.ts';
import { roles, untilPasswordIsReplaced } from './roles.ts';
import { steadyClock } from './steady-clock.ts';
import { pruneSessions } from './store/sessions.ts';
import { Tokens, type TokenClaims } from './tokens.ts';

const pruneEveryMs = 10 * 60_000;
/** Tokens whose signature was checked are remembered, so that it is checked once and not at every request. */
const rememberedTokens = 10_000;

export interface PeopleComponents {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** Sign the tokens. */
  readonly keys: KeyChain;
  readonly settings: PeopleSettings;
}

/** People who log in, and the tokens by which they are known. */
export interface People extends AsyncDisposable {
  readonly operations: readonly BoundOperation[];
  /** Checks the signature of a token; to be awaited before `authenticate`. Nothing when there is nothing to wait for. */
  recognise(token: string): Promise<void> | undefined;
  /** Who is behind an access token that was recognised: as they are now, not as they were when it was issued. */
  authenticate(token: string): Caller | undefined;
  stillHolds(caller: Caller): boolean;
  onChange(listener: () => void): () => void;
  ensureFirstOwner(): Promise<FirstOwner | undefined>;
}

/** Loads everybody into memory. */
export async function createPeople(components: PeopleComponents): Promise<People> {
  const { database, clock, log, keys } = components;
  const steady = steadyClock(clock);
  const tokens = new Tokens(keys);
  const register = new Register(database);
  await register.load(steady.nowMs());
  const parts: PeopleParts = { ...components, steady, tokens, register, attempts: new Attempts(clock) };
  const stopPruning = periodically('prune sessions', pruneEveryMs, log, async () => {
    await database.commit({ statements: [pruneSessions(steady.nowMs())] });
    register.prune(steady.nowMs());
  });
  const recognised = new Map<string, TokenClaims>();
  return {
    operations: peopleOperations(parts),
    recognise(token) {
      if (recognised.has(nameOf(token))) return undefined;
      return tokens.check('access', token, steady.nowMs()).then((claims) => {
        if (recognised.size >= rememberedTokens) recognised.clear();
        if (claims) recognised.set(nameOf(token), claims);
      });
    },
    authenticate(token) {
      const claims = recognised.get(nameOf(token));
      return claims && claims.expiresAtMs > steady.nowMs() ? callerOf(parts, claims.sessionId) : undefined;
    },
    stillHolds: ({ person }) => person !== undefined && callerOf(parts, person.sessionId) !== undefined,
    onChange(listener) {
      register.listeners.add(listener);
      return () => register.listeners.delete(listener);
    },
    ensureFirstOwner: () => ensureFirstOwner(parts),
    [Symbol.asyncDispose]: stopPruning,
  };
}

/** Tokens themselves are not kept, not even in memory. */
function nameOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}

function callerOf({ register, steady, settings }: PeopleParts, sessionId: string): Caller | undefined {
  const session = register.session(sessionId);
  const user = session && register.user(session.user_id);
  if (!session || !user || session.ended_at_ms !== null || user.disabled_at_ms !== null) return undefined;
  const steppedUpForMs = steady.nowMs() - (session.stepped_up_at_ms ?? -Infinity);
  return {
    identity: personIdentity + user.id,
    tenant: user.tenant,
    permissions: user.password_is_own === 1 ? roles[user.role] : untilPasswordIsReplaced,
    person: { sessionId, steppedUp: steppedUpForMs < settings.stepUpTtlMs },
  };
}
