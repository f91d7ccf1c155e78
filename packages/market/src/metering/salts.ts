import { randomFillSync } from 'node:crypto';
import type { Hex } from '../domain/eip712/hex.ts';

const saltBytes = 32;
/** Drawn in one go: a call for each costs as much as all the rest of metering before an answer is sent. */
const saltsAtOnce = 256;

const drawn = Buffer.alloc(saltBytes * saltsAtOnce);
let next = drawn.length;

/** 32 random bytes, given to nobody else. */
export function newSalt(): Hex {
  if (next === drawn.length) {
    randomFillSync(drawn);
    next = 0;
  }
  const salt: Hex = `0x${drawn.toString('hex', next, next + saltBytes)}`;
  next += saltBytes;
  return salt;
}
