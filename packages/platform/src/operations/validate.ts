import { compiledSchema, InvalidInput, nearestNames, type InputIssue } from '@reeve/kernel';
import { z } from 'zod';

/** At most this many faults are listed; a caller with more learns nothing from the rest. */
const listedIssues = 100;

/**
 * The schema as the road applies it: an object that says nothing about unknown members refuses them, since a
 * misspelt optional member that is silently ignored does something else than what was asked.
 */
export function strictAtTop(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodObject && schema.def.catchall === undefined ? schema.strict() : schema;
}

/** The names of the members an input can have, when it is an object. */
export function memberNames(schema: z.ZodType): readonly string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** @throws InvalidInput with every fault and its path. */
export function validate(schema: z.ZodType, raw: unknown, operationName: string): unknown {
  const parsed = compiledSchema(schema).safeParse(raw);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.flatMap((issue) => inputIssues(issue, schema));
  throw InvalidInput.error(summary(operationName, issues), { issues: issues.slice(0, listedIssues) });
}

function summary(operationName: string, issues: readonly InputIssue[]): string {
  const first = issues[0];
  if (!first) return `the input of ${operationName} is not valid`;
  const where = first.path.length === 0 ? 'the input' : first.path.join('.');
  const more = issues.length === 1 ? '' : ` (and ${issues.length - 1} more)`;
  return `${operationName}: ${where}: ${first.message}${more}`;
}

function inputIssues(issue: z.core.$ZodIssue, schema: z.ZodType): InputIssue[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? part.toString() : part));
  if (issue.code === 'unrecognized_keys') {
    const known = path.length === 0 ? memberNames(schema) : [];
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownMemberMessage(key, known) }));
  }
  return [{ path, message: lowerFirst(issue.message) }];
}

export function unknownMemberMessage(name: string, known: readonly string[]): string {
  const nearest = nearestNames(name, known);
  return nearest.length > 0 ? `is not known; did you mean ${nearest.join(' or ')}?` : 'is not known';
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
