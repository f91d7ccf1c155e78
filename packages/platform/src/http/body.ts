import { MalformedRequest } from '@reeve/kernel';

/** The name itself, or one of its letters as an escape, which no honest writer of JSON uses. */
const suspicious = /__proto__|\\u00(?:5f|70|72|6f|74)/i;

/** Deeper than any input means anything, and far from where recursion over it would exhaust the stack. */
const levelsAtMost = 100;

/**
 * Reads a JSON body; no body is `undefined`.
 * @throws MalformedRequest with the reason the parser gives, for what is nested too deeply, and for a member
 * `__proto__`, which no input needs.
 */
export function parseJsonBody(text: string): unknown {
  if (text === '') return undefined;
  if (isTooDeep(text)) throw MalformedRequest.error(`the body is nested more than ${levelsAtMost} levels deep`);
  try {
    return suspicious.test(text) ? JSON.parse(text, refuseProto) : JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw MalformedRequest.error(`the body is not valid JSON: ${reason}`);
  }
}

function refuseProto(name: string, value: unknown): unknown {
  if (name === '__proto__') throw new SyntaxError('a member named __proto__ is not accepted');
  return value;
}

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = [34, 92, 91, 93, 123, 125];

/** Before parsing, and without recursion; about a microsecond per kilobyte. */
function isTooDeep(text: string): boolean {
  if (text.length <= levelsAtMost) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (code === openBracket || code === openBrace) depth += 1;
    else if (code === closeBracket || code === closeBrace) depth -= 1;
    if (depth > levelsAtMost) return true;
  }
  return false;
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === backslash) slashes += 1;
  return slashes % 2 === 1;
}
