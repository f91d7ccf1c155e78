import { maskText } from '../log/sensitive.ts';
import { faultLine, type Assignment, type Fault } from './fault.ts';
import type { Field } from './fields.ts';
import { resolveSecret, type SecretContext } from './resolve-secret.ts';
import { defaultSource } from './source.ts';

/** What became of one setting. */
export interface Outcome {
  readonly path: string;
  readonly value: unknown;
  readonly fault?: Fault;
  readonly warning?: string;
}

/** Decides the value of one setting. One at fault gets its default, so that rules between settings can still be checked. */
export function settle(field: Field, assignment: Assignment | undefined, context: SecretContext): Outcome {
  const { path, nature, schema } = field;
  const fallback = defaultOf(field, context.environment);
  if (!assignment) return missing(field, fallback, context.environment);
  const { source } = assignment;
  if (nature.secret) {
    const resolution = resolveSecret(assignment, context);
    if ('fault' in resolution) return { path, value: undefined, fault: { path, source, message: resolution.fault } };
    const { secret, warning } = resolution;
    return {
      path,
      value: secret,
      ...(warning === undefined ? {} : { warning: faultLine({ path, source, message: warning }) }),
    };
  }
  const parsed = schema.safeParse(assignment.value);
  if (parsed.success) return { path, value: parsed.data };
  const message = `must be ${nature.expects}, not ${shown(assignment.value)}`;
  return { path, value: fallback, fault: { path, source, message } };
}

function missing(field: Field, fallback: unknown, environment: string): Outcome {
  const { path, optional, variable, environmentRule } = field;
  const required = environmentRule.requiredIn?.includes(environment) || (fallback === undefined && !optional);
  if (!required) return { path, value: fallback };
  const message = `must be set in ${environment}: in a file, or by ${variable}`;
  return { path, value: fallback, fault: { path, message, source: defaultSource } };
}

function defaultOf({ environmentRule, defaultValue }: Field, environment: string): unknown {
  return environmentRule.defaults?.[environment] ?? defaultValue;
}

/** A refused value in a message: short, and without a password that a URL may hold. */
function shown(value: unknown): string {
  const text = maskText(JSON.stringify(value) ?? String(value));
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
