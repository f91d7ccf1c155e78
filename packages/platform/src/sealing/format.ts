/** Of AES-GCM (NIST SP 800-38D): a random nonce of 96 bits for each value, a tag of 128. */
export const cipher = 'aes-256-gcm';
export const nonceBytes = 12;
export const tagBytes = 16;

/** A sealed text is `e1.<key id>.<base64 of nonce, tag and ciphertext>`. */
export function sealPrefix(keyId: string): string {
  return `e1.${keyId}.`;
}

/** What is authenticated with a text, so that it opens in its place only. */
export function boundTo(place: string): Buffer {
  return Buffer.from(place);
}

const sealedPattern = /^e1\.([a-z0-9-]{1,32})\./;

/** Longest beginning that tells under which key a text is sealed. */
export const sealHeadLength = 36;

/** The id of the key a text is sealed under, from its beginning; nothing for a text that is not sealed. */
export function sealedUnder(sealed: string): string | undefined {
  return sealedPattern.exec(sealed)?.[1];
}
