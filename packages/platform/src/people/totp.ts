import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** RFC 6238 as every authenticator application has it: HMAC-SHA-1, 30 seconds, 6 digits. */
const stepMs = 30_000;
const digits = 6;
/** RFC 4226 asks for at least 128 bits and recommends 160. */
const seedBytes = 20;

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A new seed, as the Base32 (RFC 4648) that people can type and applications read. */
export function newSeed(): string {
  const bits = [...randomBytes(seedBytes)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return bits.replace(/.{5}/g, (five) => alphabet[Number.parseInt(five, 2)]!);
}

/** The code of one step (RFC 4226, section 5.3). */
export function codeAt(seed: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', seedBytesOf(seed)).update(counter).digest();
  const number = mac.readUInt32BE(mac.at(-1)! & 0xf) & 0x7f_ff_ff_ff;
  return String(number % 10 ** digits).padStart(digits, '0');
}

export function stepAt(nowMs: number): number {
  return Math.floor(nowMs / stepMs);
}

/**
 * The step a code belongs to: the present one, or the one before or after it, for clocks that differ and people who type
 * slowly. A step that is not after `lastUsedStep` does not count, so a code works once.
 */
export function matchingStep(seed: string, code: string, nowMs: number, lastUsedStep: number): number | undefined {
  const now = stepAt(nowMs);
  const candidates = [now - 1, now, now + 1].filter((step) => step > lastUsedStep);
  return candidates.find((step) => isSame(codeAt(seed, step), code));
}

/** What authenticator applications scan. */
export function seedUri(seed: string, name: string): string {
  const label = encodeURIComponent(`Reeve:${name}`);
  return `otpauth://totp/${label}?secret=${seed}&issuer=Reeve&algorithm=SHA1&digits=${digits}&period=${stepMs / 1_000}`;
}

function isSame(expected: string, given: string): boolean {
  return /^[0-9]{6}$/.test(given) && timingSafeEqual(Buffer.from(expected), Buffer.from(given));
}

function seedBytesOf(seed: string): Buffer {
  const bits = [...seed].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
