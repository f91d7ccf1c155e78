import { z } from 'zod';

/** Where one environment differs from the others. */
export interface EnvironmentRule {
  /** Default by environment, in place of the general one. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Environments that do not start on the default: the value must be set. */
  readonly requiredIn?: readonly string[];
}

export const environmentRules = z.registry<EnvironmentRule>();

/** Marks a finished field (default and description included: zod copies a schema with every further call). */
export function perEnvironment<Schema extends z.ZodType>(schema: Schema, rule: EnvironmentRule): Schema {
  environmentRules.add(schema, rule);
  return schema;
}
