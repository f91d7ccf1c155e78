import { MalformedRequest } from '@reeve/kernel';

/** Escapes could spell the name in other ways, so both are looked for before the text is believed. */
const suspicious = /__proto__|\\u005[fF]/;

/**
 * Reads a JSON body; no body is `undefined`.
 * @throws MalformedRequest with the reason the parser gives; a member `__proto__`, which no input needs, is refused too.
 */
export function parseJsonBody(text: string): unknown {
  if (text === '') return undefined;
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
