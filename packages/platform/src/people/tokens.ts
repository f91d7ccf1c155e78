import { jwtVerify, SignJWT, type JWTPayload } from 'jose';
import type { KeyChain } from '../sealing/index.ts';

const issuer = 'reeve';
/** The hub makes and checks its tokens itself, so a shared secret does; nothing else is ever accepted (no `none`). */
const algorithm = 'HS256';

export type TokenUse = 'access' | 'refresh';

export interface TokenClaims {
  readonly sessionId: string;
  /** Which refresh of the session it belongs to, counted from 0. */
  readonly generation: number;
  readonly expiresAtMs: number;
}

/** Signs and checks the tokens of sessions. Keys rotate by their id: the active one signs, all check. */
export class Tokens {
  readonly #keys: KeyChain;

  constructor(keys: KeyChain) {
    this.#keys = keys;
  }

  sign(use: TokenUse, { sessionId, generation, expiresAtMs }: TokenClaims): Promise<string> {
    const { id, key } = this.#keys.active;
    return new SignJWT({ gen: generation })
      .setProtectedHeader({ alg: algorithm, kid: id, typ: typeOf(use) })
      .setIssuer(issuer)
      .setAudience(use)
      .setSubject(sessionId)
      .setExpirationTime(Math.floor(expiresAtMs / 1_000))
      .sign(key);
  }

  /** The claims of a token for this use, or nothing for one that is forged, expired, or for something else. */
  async check(use: TokenUse, token: string, nowMs: number): Promise<TokenClaims | undefined> {
    try {
      const { payload } = await jwtVerify(token, ({ kid }) => this.#keyOf(kid), {
        algorithms: [algorithm],
        issuer,
        audience: use,
        typ: typeOf(use),
        requiredClaims: ['sub', 'exp', 'gen'],
        currentDate: new Date(nowMs),
      });
      return claimsOf(payload);
    } catch {
      return undefined; // whatever is wrong with it, and a caller must not learn what
    }
  }

  #keyOf(id = '') {
    const key = this.#keys.find(id);
    if (key === undefined) throw new Error('no key has this id');
    return key;
  }
}

function typeOf(use: TokenUse): string {
  return use === 'access' ? 'at+jwt' : 'rt+jwt';
}

function claimsOf({ sub, exp, ['gen']: generation }: JWTPayload): TokenClaims | undefined {
  if (typeof generation !== 'number') return undefined;
  return { sessionId: sub!, generation, expiresAtMs: exp! * 1_000 };
}
