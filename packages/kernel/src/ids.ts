/** A UUID of version 7 (RFC 9562): sorts by the time it was made. */
export type Uuid = string;

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const pool = new Uint8Array(8 * 512);
let poolOffset = pool.length;
let lastMs = 0;
let sequence = 0;

/**
 * A new UUIDv7. Within one process ids are strictly increasing, also within one millisecond and when the clock steps
 * back: the 12 bits after the time are a counter (RFC 9562, 6.2, method 1) that spills over into the time.
 */
export function uuidv7(nowMs: number = Date.now()): Uuid {
  if (nowMs > lastMs) {
    lastMs = nowMs;
    sequence = 0;
  } else if (++sequence > 0xfff) {
    lastMs += 1;
    sequence = 0;
  }
  return `${timeHex(lastMs)}-7${sequence.toString(16).padStart(3, '0')}-${randomTail()}`;
}

let timeOfHex = -1;
let knownTimeHex = '';

/** Ids come many to a millisecond. */
function timeHex(ms: number): string {
  if (ms === timeOfHex) return knownTimeHex;
  const hex = ms.toString(16).padStart(12, '0');
  timeOfHex = ms;
  return (knownTimeHex = `${hex.slice(0, 8)}-${hex.slice(8)}`);
}

function randomTail(): string {
  if (poolOffset === pool.length) {
    crypto.getRandomValues(pool);
    poolOffset = 0;
  }
  const at = poolOffset;
  poolOffset += 8;
  let hex = hexOfByte[(pool[at]! & 0x3f) | 0x80]! + hexOfByte[pool[at + 1]!]! + '-';
  for (let index = at + 2; index < at + 8; index++) hex += hexOfByte[pool[index]!]!;
  return hex;
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}
