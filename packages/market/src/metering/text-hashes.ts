import { createHash, type Hash } from 'node:crypto';
import { canonicalJson } from '@reeve/kernel';
import { bytesOf, type Hex } from '../domain/eip712/hex.ts';
import { mayHoldUsage, parseAnswer } from '../node/chunk-text.ts';

/*
 * Texts enter a receipt as SHA-256 over a salt and their canonical bytes. SHA-256 and not Keccak, because Node has it
 * compiled: a prompt of 5 MB takes milliseconds and not a third of a second, and contracts have it as well.
 * Without the salt nobody can find a short prompt by trying.
 */

const [ofRequest, ofResponse] = [Uint8Array.of(0), Uint8Array.of(1)];

/** Members of a request that are between client, gateway and node, and no part of what is asked. */
const transport = new Set(['reeve', 'stream_options']);

/** The salted hash of a request: its canonical JSON without what is only for the transport. */
export function requestHash(salt: Hex, body: unknown): Hex {
  return digestOf(begun(salt, ofRequest).update(canonicalJson(asked(body))));
}

function asked(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !transport.has(name)));
}

/**
 * The salted hash of an answer, taken while it is made: the text of a whole answer as it is; of a stream the text of each
 * chunk and a line feed, without the chunk that only reports usage, which not every client gets.
 */
export class ResponseHash {
  readonly #hash: Hash;

  constructor(salt: Hex) {
    this.#hash = begun(salt, ofResponse);
  }

  /** A whole answer, or the next piece of one that is too long for one message. */
  piece(text: string): void {
    this.#hash.update(text);
  }

  chunk(chunk: string): void {
    if (!reportsOnlyUsage(chunk)) this.#hash.update(chunk).update('\n');
  }

  digest(): Hex {
    return digestOf(this.#hash);
  }
}

function reportsOnlyUsage(chunk: string): boolean {
  return mayHoldUsage(chunk) && parseAnswer(chunk)?.choices?.length === 0;
}

function begun(salt: Hex, kind: Uint8Array): Hash {
  return createHash('sha256').update(bytesOf(salt)).update(kind);
}

function digestOf(hash: Hash): Hex {
  return `0x${hash.digest('hex')}`;
}
