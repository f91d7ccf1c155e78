import { InvalidInput, type JsonValue } from '@reeve/kernel';
import { OutputReference } from '../api/workflow.ts';
import { OutputMissing } from '../errors.ts';

/**
 * Names of the nodes whose outputs an input refers to.
 * @throws InvalidInput for an object with `$output` that is no reference.
 */
export function outputsIn(input: JsonValue): ReadonlySet<string> {
  const names = new Set<string>();
  replaced(input, ({ $output }) => {
    names.add($output);
    return null;
  });
  return names;
}

/**
 * An input with every reference replaced by what it refers to.
 * @throws OutputMissing for a path that the output does not have.
 */
export function withOutputs(input: JsonValue, outputs: ReadonlyMap<string, JsonValue>): JsonValue {
  return replaced(input, ({ $output: name, path = [] }) => {
    let value: JsonValue | undefined = outputs.get(name);
    for (const [depth, step] of path.entries()) {
      value = memberOf(value, step);
      if (value === undefined)
        throw OutputMissing.error(`the output of ${name} has nothing at ${path.slice(0, depth + 1).join('.')}`);
    }
    if (value === undefined) throw OutputMissing.error(`there is no output of ${name}`);
    return value;
  });
}

function memberOf(value: JsonValue | undefined, step: string | number): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<string | number, JsonValue>)[step];
}

function replaced(value: JsonValue, by: (reference: OutputReference) => JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => replaced(item, by));
  if (Object.hasOwn(value, '$output')) return by(referenceIn(value));
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, replaced(member, by)]));
}

function referenceIn(value: JsonValue): OutputReference {
  const reference = OutputReference.safeParse(value);
  if (reference.success) return reference.data;
  throw InvalidInput.error('an object with $output must name a node and may have a path, and nothing else');
}
