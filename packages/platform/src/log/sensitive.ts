import { secretMark, withoutKnownSecrets } from './known-secrets.ts';

const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

/** Names whose value is a secret, compared in lower case without `-`, `_` and spaces. */
const secretNames = new Set(
  words(`authorization proxyauthorization auth bearer jwt cookie cookies setcookie
    key keys apikey apikeys xapikey ownerkey agentkey privatekey signingkey encryptionkey
    secret secrets token tokens password passwords passwd pwd pass passphrase pin otp totp
    credential credentials mnemonic seedphrase`),
);
const secretEndings = words(`secret password passwd passphrase token tokens apikey privatekey signingkey secretkey
  encryptionkey masterkey accesskey ownerkey agentkey credentials mnemonic`);

/** Names come from the program, so they are few; one that comes from outside must not fill the memory. */
const maxDecided = 4_096;
const decidedNames = new Map<string, boolean>();

/** Whether a field of this name holds a secret. A number under such a name (`tokens: 12`) may still be a count. */
export function isSecretName(name: string): boolean {
  const decided = decidedNames.get(name);
  if (decided !== undefined) return decided;
  const isSecret = decideName(name);
  if (decidedNames.size < maxDecided) decidedNames.set(name, isSecret);
  return isSecret;
}

function decideName(name: string): boolean {
  const plain = name.toLowerCase().replace(/[-_\s]/g, '');
  return secretNames.has(plain) || secretEndings.some((ending) => plain.endsWith(ending));
}

/** Of these the plural is as likely a count as a list of secrets; the value tells. */
const countedNames = /tokens$|keys$|secrets$|credentials$|cookies$/i;

/** Whether a number of this name is a count (`promptTokens: 12`) and no secret (`pin: 1234`). */
export function isCountName(name: string): boolean {
  return countedNames.test(name);
}

/** Request headers as arrays (`rawHeaders`) have the name before the value; only names that are nothing else count. */
const secretHeaders = new Set(words('authorization proxy-authorization cookie set-cookie x-api-key api-key'));

export function isSecretHeader(text: unknown): boolean {
  return typeof text === 'string' && secretHeaders.has(text.toLowerCase());
}

/** Shapes of secrets within a text. Each keeps what comes before the secret, so that the line stays readable. */
const shapes: ReadonlyArray<readonly [RegExp, string]> = [
  // A URL's user and password.
  [/(:\/\/)[^\s/?#@"']+@/g, `$1${secretMark}@`],
  // Parameters of a URL, a form, or `name=value` anywhere.
  [/((?:^|[?&;#\s])[\w.-]*(?:key|token|secret|password|passwd|signature|sig|auth)=)[^&\s"'#;]+/gi, `$1${secretMark}`],
  [/([?&]code=)[^&\s"'#;]+/gi, `$1${secretMark}`],
  [/\b(Bearer|Basic)\s+[\w+/=.~-]{6,}/gi, `$1 ${secretMark}`],
  // JSON or a header inside of a text; a quoted name may be short, a bare one has to be unmistakable.
  [/(["'](?:key|token|auth|pass|pwd)\\*["']\s*:\s*\\*["'])[^"'\\]+/gi, `$1${secretMark}`],
  [
    /((?:password|passwd|passphrase|secret|api[_-]?key|access[_-]?token|refresh[_-]?token|private[_-]?key|authorization|cookie)["'\\]*\s*[:=]\s*["'\\]*)[^\s"'\\,;&}]+/gi,
    `$1${secretMark}`,
  ],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, secretMark],
  // Keys of Reeve itself keep their id, which is no secret and tells which key it was.
  [/\b(rv_[a-z0-9]{12}_)[\w-]{20,}/g, `$1${secretMark}`],
  // JSON web tokens, and the API keys of OpenAI and those who follow it.
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, secretMark],
  [/\bsk-[\w-]{16,}/g, secretMark],
];

/** Most texts in a log have none of these, and one look tells. */
const mayHoldShape = /[:=]|bearer|basic|-----|eyJ|sk-|rv_/i;

/** The text with remembered secrets, and what has the shape of a secret, blanked. */
export function maskText(text: string): string {
  const known = withoutKnownSecrets(text);
  if (!mayHoldShape.test(known)) return known;
  return shapes.reduce((clean, [shape, replacement]) => clean.replace(shape, replacement), known);
}
