/** What is shown in place of a secret. */
export const secretMark = '[secret]';

/** Shorter texts would blank out ordinary words of the log. */
const minLength = 8;

/** Every form in which a known secret could turn up in a text, the longest first. */
let knownForms: readonly string[] = [];

/**
 * Makes the log blank this value wherever it turns up, in whatever field or message, also as JSON (once and twice),
 * percent-encoded or in base64. Values of less than 8 characters are not known this way; their fields are blanked by name.
 */
export function rememberSecret(value: string): void {
  if (value.length < minLength) return;
  const base64 = Buffer.from(value).toString('base64');
  const inJson = jsonForm(value);
  const forms = [value, inJson, jsonForm(inJson), encodeURIComponent(value), base64];
  knownForms = [...new Set([...knownForms, ...forms])].sort((a, b) => b.length - a.length);
}

function jsonForm(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The text without any remembered secret. */
export function withoutKnownSecrets(text: string): string {
  let clean = text;
  for (const form of knownForms) if (clean.includes(form)) clean = clean.replaceAll(form, secretMark);
  return clean;
}
