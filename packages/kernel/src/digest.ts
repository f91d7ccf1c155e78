import { canonicalJson } from './json.ts';

/** SHA-256 of a UTF-8 text in lower-case hex. WebCrypto, so it works in browsers and Node alike. */
export async function sha256Hex(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** SHA-256 over the canonical JSON of a value, prefixed with the algorithm: `sha256:<64 hex>`. */
export async function digestOf(value: unknown): Promise<string> {
  return `sha256:${await sha256Hex(canonicalJson(value))}`;
}
