import { nearestNames } from '@reeve/kernel';
import type { Assignment, Fault, Layer } from './fault.ts';
import type { Field, SchemaFields } from './fields.ts';
import { variableSource } from './source.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that are no settings, and no misspelt ones either: clients read them, or commands are given them. */
export const clientVariables: Readonly<Record<string, string>> = {
  REEVE_URL: 'Address of the hub that a client or agent speaks to.',
  REEVE_API_KEY: 'API key that a client or agent sends.',
  REEVE_DEBUG: 'Makes the command line show where an error happened.',
  REEVE_TASK_ID: 'Given to a command that runs as an agent: the task.',
  REEVE_ATTEMPT: 'Given to a command that runs as an agent: which attempt this is.',
  REEVE_FENCE: 'Given to a command that runs as an agent: the fence of its lease.',
  REEVE_CAPABILITY: 'Given to a command that runs as an agent: the capability asked for.',
};

/** Switches of the tests share the prefix. */
const testPrefix = 'REEVE_TEST_';
/** `<variable of a secret>_FILE` names the file that holds it, as container platforms hand out secrets. */
const fileSuffix = '_FILE';

/**
 * What the environment says. An empty variable is the same as none, for that is what templates of deployments leave.
 * @param referenced variables that hold secrets to which the configuration refers by name.
 */
export function readEnvironmentLayer(env: Environment, schema: SchemaFields, referenced: ReadonlySet<string>): Layer {
  const assignments: Assignment[] = [];
  const faults: Fault[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('REEVE_') || value === undefined || value === '') continue;
    const assignment = assignmentFrom(name, value, schema.fields);
    if (assignment) assignments.push(assignment);
    else if (!(name in clientVariables || name.startsWith(testPrefix) || referenced.has(name)))
      faults.push({ path: '', message: unknownVariable(name, schema.fields), source: variableSource(name) });
  }
  return { assignments, faults };
}

function assignmentFrom(name: string, value: string, fields: readonly Field[]): Assignment | undefined {
  const field = fields.find((candidate) => candidate.variable === name);
  const source = variableSource(name);
  if (field) return { path: field.path, value: field.nature.fromText(value), source };
  const inFile = fields.find((candidate) => candidate.nature.secret && candidate.variable + fileSuffix === name);
  return inFile && { path: inFile.path, value: { file: value }, source };
}

function unknownVariable(name: string, fields: readonly Field[]): string {
  const known = [...fields.map((field) => field.variable), ...Object.keys(clientVariables)];
  const [guess] = nearestNames(name, known, 1);
  return `there is no such variable${guess === undefined ? '' : `; did you mean ${guess}?`}`;
}
