import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';

/** Bytes as `0x` and lower-case hexadecimal digits. */
export type Hex = `0x${string}`;

export function hexOf(bytes: Uint8Array): Hex {
  return `0x${bytesToHex(bytes)}`;
}

/** @throws RangeError or TypeError when it is not hexadecimal */
export function bytesOf(hex: string): Uint8Array {
  return hexToBytes(hex.slice(2));
}

/** A value on the right of a word of 32 bytes, as the ABI has numbers and addresses. */
export function word(value: bigint | Uint8Array): Uint8Array {
  if (typeof value === 'bigint') return unsigned(value, 32);
  const bytes = new Uint8Array(32);
  bytes.set(value, 32 - value.length);
  return bytes;
}

/** A whole number in `sizeBytes` bytes, the most significant first. @throws RangeError when it does not fit */
export function unsigned(value: bigint, sizeBytes: number): Uint8Array {
  if (value < 0n || value >> BigInt(sizeBytes * 8) !== 0n)
    throw new RangeError(`${value} does not fit into ${sizeBytes} bytes`);
  return hexToBytes(value.toString(16).padStart(sizeBytes * 2, '0'));
}
