import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { Overloaded } from '@reeve/kernel';

export interface ScryptCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** OWASP's recommendation for scrypt: 32 MiB and a quarter of a second for each guess. */
const defaultCost: ScryptCost = { logN: 15, r: 8, p: 3 };
const maxmem = 64 * 2 ** 20;
const saltBytes = 16;
const hashBytes = 32;

/** Hashes at a time: more would take the memory and the threads that everything else needs. */
const atOnce = 2;
const waitingAtMost = 20;
let running = 0;
const waiting: Array<() => void> = [];

/** `scrypt.<log2 N>.<r>.<p>.<salt>.<hash>`: the cost can grow and old hashes stay readable. @throws Overloaded */
export async function hashPassword(password: string, cost = defaultCost): Promise<string> {
  const salt = randomBytes(saltBytes);
  const hash = await derive(password, salt, cost);
  return ['scrypt', cost.logN, cost.r, cost.p, salt.toString('base64url'), hash.toString('base64url')].join('.');
}

/** Takes as long for nobody's password as for somebody's, so that time does not tell which names exist. */
export async function isPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [, logN, r, p, salt = '', hash = ''] = stored?.split('.') ?? [];
  const cost = stored === undefined ? defaultCost : { logN: Number(logN), r: Number(r), p: Number(p) };
  const derived = await derive(password, Buffer.from(salt, 'base64url'), cost);
  const expected = Buffer.from(hash, 'base64url');
  return expected.length === hashBytes && timingSafeEqual(derived, expected);
}

/** A password that nobody has to remember for long: 120 random bits. */
export function oneTimePassword(): string {
  return randomBytes(15).toString('base64url');
}

async function derive(password: string, salt: Buffer, { logN, r, p }: ScryptCost): Promise<Buffer> {
  if (running >= atOnce) {
    if (waiting.length >= waitingAtMost)
      throw Overloaded.error('too many passwords wait to be checked', { retryAfterMs: 2_000 });
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else running += 1;
  try {
    return await new Promise((resolve, reject) => {
      scrypt(password.normalize('NFC'), salt, hashBytes, { N: 2 ** logN, r, p, maxmem }, (error, key) =>
        error ? reject(error) : resolve(key),
      );
    });
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}
