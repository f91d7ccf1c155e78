import { InvalidInput, type JsonValue } from '@reeve/kernel';
import { BlobReference } from '../api/blob.ts';

/** Most different contents that one task may refer to. */
const referencesAtMost = 100;
const none: readonly string[] = [];

/**
 * The digests of all contents that an input refers to, each once.
 * @throws InvalidInput for an object with `$blob` that is no reference, which would reach the agent as one it cannot get.
 */
export function blobsIn(input: JsonValue): readonly string[] {
  if (!holdsReference(input)) return none;
  const digests = new Set<string>();
  collect(input, [], digests);
  if (digests.size <= referencesAtMost) return [...digests];
  throw InvalidInput.error(`the input refers to ${digests.size} blobs; at most ${referencesAtMost} are accepted`);
}

/** Every task is asked this, and hardly one has any. */
function holdsReference(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(holdsReference);
  for (const name in value) if (name === '$blob' || holdsReference(value[name]!)) return true;
  return false;
}

function collect(value: JsonValue, path: Array<string | number>, digests: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value) && Object.hasOwn(value, '$blob')) digests.add(digestOf(value, path));
  else for (const [name, member] of Object.entries(value)) collect(member, [...path, name], digests);
}

function digestOf(value: JsonValue, path: readonly (string | number)[]): string {
  const reference = BlobReference.safeParse(value);
  if (reference.success) return reference.data.$blob;
  const message = 'an object with $blob must have nothing else, and a SHA-256 in 64 lower-case hex digits';
  throw InvalidInput.error(message, { issues: [{ path: ['input', ...path], message }] });
}
