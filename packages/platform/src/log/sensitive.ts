import { secretMark, withoutKnownSecrets } from './known-secrets.ts';

/** Names whose value is a secret, compared in lower case without `-`, `_` and spaces. */
const secretNames = new Set(
  (
    'authorization proxyauthorization cookie setcookie apikey apikeys xapikey key keys secret secrets token tokens password passwords ' +
    'passwd pwd passphrase credential credentials privatekey signingkey encryptionkey ownerkey agentkey seedphrase mnemonic jwt otp totp bearer auth'
  ).split(' '),
);
const secretEndings = [
  'secret',
  'password',
  'passphrase',
  'token',
  'tokens',
  'apikey',
  'privatekey',
  'signingkey',
  'credentials',
];

/**
 * Whether a field of this name holds a secret. Numbers under such names (`tokens: 12`) are counts and stay; that is
 * decided where the value is known.
 */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replace(/[-_\s]/g, '');
  return secretNames.has(plain) || secretEndings.some((ending) => plain.endsWith(ending));
}

/** Request headers as arrays (`rawHeaders`) have the name before the value; only names that are nothing else count. */
const secretHeaders = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'x-api-key', 'api-key']);

export function isSecretHeader(text: unknown): boolean {
  return typeof text === 'string' && secretHeaders.has(text.toLowerCase());
}

/** Shapes of secrets within a text. Each keeps what comes before the secret, so that the line stays readable. */
const shapes: ReadonlyArray<readonly [RegExp, string]> = [
  [/(:\/\/)[^\s/?#@"']+@/g, `$1${secretMark}@`],
  [/([?&;#][\w.-]*(?:key|token|secret|password|passwd|signature|sig|auth|code)=)[^&\s"'#;]+/gi, `$1${secretMark}`],
  [/\b(Bearer|Basic)\s+[\w+/=.~-]{6,}/gi, `$1 ${secretMark}`],
  [
    /((?:password|passwd|passphrase|secret|api[_-]?key|access[_-]?token|refresh[_-]?token|authorization)["'\\]*\s*[:=]\s*["'\\]*)[^\s"'\\,;&}]+/gi,
    `$1${secretMark}`,
  ],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, secretMark],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, secretMark],
  [/\bsk-[\w-]{16,}/g, secretMark],
];

/** Most texts in a log have none of these, and one look tells. */
const mayHoldShape = /[:=?]|bearer|basic|-----|eyJ|sk-/i;

/** The text with remembered secrets, and what has the shape of a secret, blanked. */
export function maskText(text: string): string {
  const known = withoutKnownSecrets(text);
  if (!mayHoldShape.test(known)) return known;
  return shapes.reduce((clean, [shape, replacement]) => clean.replace(shape, replacement), known);
}
