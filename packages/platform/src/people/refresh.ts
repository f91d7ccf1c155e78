import type { refreshSession } from '../api/sessions.ts';
import { ExpectationFailed } from '../database/index.ts';
import type { Call, Handler } from '../operations/index.ts';
import { RefreshTokenReused, SessionEnded } from './errors.ts';
import type { PeopleParts } from './components.ts';
import { issueTokens, sessionFace } from './issue-tokens.ts';
import { endSession, nextGeneration } from './store/sessions.ts';
import type { SessionRow } from './store/tables.ts';

/**
 * Takes a refresh token for a new pair. Each works once: the generation in the database decides between two that come at
 * once, and a token of an earlier generation means that there are two holders, so the whole login ends.
 */
export function refreshHandler(parts: PeopleParts): Handler<typeof refreshSession> {
  const { register, steady, settings, tokens } = parts;
  return async ({ refreshToken }, call) => {
    const claims = await tokens.check('refresh', refreshToken, steady.nowMs());
    const session = claims && register.session(claims.sessionId);
    const user = session && register.user(session.user_id);
    if (!claims || !session || !user || session.ended_at_ms !== null) throw SessionEnded.error('the login has ended');
    if (claims.generation < session.generation) throw await reused(parts, session, call);
    const next = {
      ...session,
      generation: claims.generation + 1,
      expires_at_ms: steady.nowMs() + settings.refreshTtlMs,
    };
    const face = sessionFace(parts, next, user);
    const statement = { ...nextGeneration(session.id, claims.generation, next.expires_at_ms), expectRows: 1 };
    try {
      await call.commit({ statements: [statement] }, face, {
        target: `user:${user.id}`,
        details: { session: session.id },
      });
    } catch (error) {
      throw ExpectationFailed.is(error) ? await reused(parts, session, call) : error;
    }
    const stored = register.session(session.id)!;
    // Another use of the same token may have ended it while this one was being stored.
    if (stored.ended_at_ms === null) register.putSession({ ...stored, ...generationOf(next) });
    return { ...face, ...(await issueTokens(parts, next)) };
  };
}

function generationOf({ generation, expires_at_ms }: SessionRow): Pick<SessionRow, 'generation' | 'expires_at_ms'> {
  return { generation, expires_at_ms };
}

/** Ends the login durably, and is the error to throw. */
async function reused({ database, register, clock, log }: PeopleParts, session: SessionRow, call: Call) {
  const nowMs = clock.nowMs();
  const user = register.user(session.user_id)!;
  const facts = { session: session.id, reason: 'refresh token used twice' };
  await database.commit({
    statements: [endSession(session.id, nowMs, 'reuse')],
    events: [{ type: 'session.revoked', tenant: user.tenant, subject: `user:${user.id}`, data: facts }],
    audit: [
      {
        actor: call.caller.identity,
        tenant: user.tenant,
        operation: 'sessions.refresh',
        outcome: 'refused',
        target: `user:${user.id}`,
        correlationId: call.correlationId,
        details: facts,
      },
    ],
  });
  register.putSession({ ...register.session(session.id)!, ended_at_ms: nowMs, end_reason: 'reuse' });
  log.warn({ userId: user.id, ...facts }, 'a login was revoked');
  return RefreshTokenReused.error('this refresh token was used before, so the whole login was ended');
}
