import { IssuedTokens } from '@reeve/platform/api';
import { AnswerNotUnderstood } from '../errors.ts';
import { readRemoteError } from './remote-error.ts';

/** What is kept of a login. */
export interface Login {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** By the clock of this machine. */
  readonly accessExpiresAtMs: number;
}

/** Where a login is kept between requests, and between programs that share it. */
export interface LoginStore {
  read(): Promise<Login | undefined>;
  /**
   * Replaces what is kept while nobody else does, in this program or another: a refresh token works once, and a second use
   * ends the login for everybody.
   */
  replace(change: (present: Login | undefined) => Promise<Login | undefined>): Promise<Login | undefined>;
}

/** An access token with less time than this is renewed first: the request takes time too. */
const renewBeforeMs = 30_000;

/** A `fetch` that sends the access token of a kept login, and renews it when its time is nearly over. */
export function fetchWithLogin(url: string, store: LoginStore, send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const kept = await store.read();
    const login = kept === undefined || isFresh(kept) ? kept : await renewed(url, store, send);
    if (login === undefined) return send(input, init);
    const headers = new Headers(init?.headers);
    headers.set('authorization', `Bearer ${login.accessToken}`);
    return send(input, { ...init, headers });
  };
}

/** A login from the answer to `sessions.create` or `sessions.refresh`. @throws ReeveError `answer_not_understood` */
export function loginOf({ accessToken, refreshToken, accessTtlMs }: IssuedTokens): Login {
  if (accessToken === undefined || refreshToken === undefined)
    throw AnswerNotUnderstood.error(
      'the hub answered without tokens, as it does when an answer is given again; log in anew',
    );
  return { accessToken, refreshToken, accessExpiresAtMs: Date.now() + accessTtlMs };
}

function isFresh({ accessExpiresAtMs }: Login): boolean {
  return accessExpiresAtMs - Date.now() > renewBeforeMs;
}

/** @throws RemoteError `session_ended`, `refresh_token_reused`; the login is then forgotten. */
async function renewed(url: string, store: LoginStore, send: typeof fetch): Promise<Login | undefined> {
  let refusal: Error | undefined;
  const login = await store.replace(async (present) => {
    // Somebody who shares it may have been first.
    if (present === undefined || isFresh(present)) return present;
    const response = await send(`${url}/v1/sessions/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refreshToken: present.refreshToken }),
    });
    const text = await response.text();
    if (response.ok) return loginOf(IssuedTokens.parse(JSON.parse(text)));
    refusal = readRemoteError(response.status, text, response.headers);
    return response.status === 401 ? undefined : present;
  });
  if (refusal) throw refusal;
  return login;
}
