import { createHash, randomBytes, randomInt } from 'node:crypto';

/** `rv_<12 characters id>_<43 characters base64url secret of 32 random bytes>`. */
const keyPattern = /^rv_[a-z0-9]{12}_[A-Za-z0-9_-]{43}$/;
const idStart = 3;
const idEnd = 15;
const secretStart = 16;
const idAlphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

export interface NewKeyText {
  readonly id: string;
  /** The whole key; shown once and kept nowhere. */
  readonly text: string;
  readonly secretHash: Uint8Array;
}

export interface KeyTextParts {
  readonly id: string;
  readonly secret: string;
}

export function makeKeyText(): NewKeyText {
  const id = Array.from({ length: 12 }, () => idAlphabet[randomInt(idAlphabet.length)]).join('');
  const secret = randomBytes(32).toString('base64url');
  return { id, text: `rv_${id}_${secret}`, secretHash: hashSecret(secret) };
}

/** Whether a credential claims to be an API key. */
export function isKeyText(credential: string): boolean {
  return credential.startsWith('rv_');
}

export function parseKeyText(text: string): KeyTextParts | undefined {
  if (!keyPattern.test(text)) return undefined;
  return { id: text.slice(idStart, idEnd), secret: text.slice(secretStart) };
}

/** One round of SHA-256 is enough: the secret has 256 random bits, so there is nothing to guess slowly. */
export function hashSecret(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest();
}
