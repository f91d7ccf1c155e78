import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';

/** A file is sealed piece by piece, so that it can be read from anywhere without being held. */
export const segmentBytes = 64 * 1024;
const tagBytes = 16;
export const sealedSegmentBytes = segmentBytes + tagBytes;

/**
 * AES-256-GCM under the file's own key, which seals nothing else: so the number of the segment is a nonce that never
 * comes twice, and no segment opens in another place or file.
 */
export function sealSegment(key: KeyObject, number: number, content: Uint8Array): Buffer {
  const sealing = createCipheriv('aes-256-gcm', key, nonceOf(number));
  return Buffer.concat([sealing.update(content), sealing.final(), sealing.getAuthTag()]);
}

/** @throws Error when it is not the segment that was sealed. */
export function openSegment(key: KeyObject, number: number, sealed: Buffer): Buffer {
  const tagAt = sealed.length - tagBytes;
  const opening = createDecipheriv('aes-256-gcm', key, nonceOf(number), { authTagLength: tagBytes });
  opening.setAuthTag(sealed.subarray(tagAt));
  return Buffer.concat([opening.update(sealed.subarray(0, tagAt)), opening.final()]);
}

function nonceOf(number: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(number), 4);
  return nonce;
}

/** The same bytes in pieces of a segment each, the last one shorter. */
export async function* segmentsOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const piece of source) {
    pending.push(piece);
    pendingBytes += piece.length;
    if (pendingBytes < segmentBytes) continue;
    const all = Buffer.concat(pending);
    const whole = all.length - (all.length % segmentBytes);
    for (let at = 0; at < whole; at += segmentBytes) yield all.subarray(at, at + segmentBytes);
    pending = [all.subarray(whole)];
    pendingBytes = all.length - whole;
  }
  if (pendingBytes > 0) yield Buffer.concat(pending);
}
