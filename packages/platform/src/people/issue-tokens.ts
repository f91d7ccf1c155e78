import type { IssuedTokens } from '../api/sessions.ts';
import type { PeopleParts } from './components.ts';
import type { SessionRow, UserRow } from './store/tables.ts';

/** Signs both tokens of a session as it is now stored. */
export async function issueTokens(
  { tokens, steady, settings }: PeopleParts,
  session: SessionRow,
): Promise<Required<Pick<IssuedTokens, 'accessToken' | 'refreshToken'>>> {
  const { id: sessionId, generation } = session;
  const accessExpiresAtMs = steady.nowMs() + settings.accessTtlMs;
  const [accessToken, refreshToken] = await Promise.all([
    tokens.sign('access', { sessionId, generation, expiresAtMs: accessExpiresAtMs }),
    tokens.sign('refresh', { sessionId, generation, expiresAtMs: session.expires_at_ms }),
  ]);
  return { accessToken, refreshToken };
}

/** What is answered with the tokens, and kept without them. */
export function sessionFace(
  { settings }: PeopleParts,
  session: SessionRow,
  user: UserRow,
): Omit<IssuedTokens, 'accessToken' | 'refreshToken'> {
  return {
    sessionId: session.id,
    user: user.name,
    role: user.role,
    accessTtlMs: settings.accessTtlMs,
    refreshTtlMs: settings.refreshTtlMs,
    mustReplacePassword: user.password_is_own === 0,
  };
}
