import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { Environment } from './environment-layer.ts';
import type { Assignment } from './fault.ts';
import { secretFromFile, secretFromText, secretFromVariable, type Secret } from './secret.ts';

export interface SecretContext {
  readonly env: Environment;
  /** Relative paths of files start here. */
  readonly directory: string;
  readonly environment: string;
}

export type SecretResolution = { readonly secret: Secret; readonly warning?: string } | { readonly fault: string };

/** Follows a reference. Nothing is read but that it can be read is made sure of; the messages hold no value. */
export function resolveSecret({ value }: Assignment, context: SecretContext): SecretResolution {
  const variable = referenceMember(value, 'env');
  if (variable !== undefined) return fromVariable(variable, context);
  const file = referenceMember(value, 'file');
  if (file !== undefined) return fromFile(file, context);
  if (typeof value === 'string' && value !== '') return fromText(value, context);
  return { fault: 'must be a reference to a secret: { env = "NAME" } or { file = "/path" }' };
}

/** The one member of a reference: `{ env = "NAME" }` and nothing besides. */
export function referenceMember(value: unknown, member: 'env' | 'file'): string | undefined {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return undefined;
  const target: unknown = Reflect.get(value, member);
  return typeof target === 'string' && target !== '' ? target : undefined;
}

function fromVariable(name: string, { env }: SecretContext): SecretResolution {
  const value = env[name];
  if (!value) return { fault: `refers to the environment variable ${name}, which is not set` };
  return { secret: secretFromVariable(name, value) };
}

function fromFile(given: string, { directory, environment }: SecretContext): SecretResolution {
  const path = isAbsolute(given) ? given : resolve(directory, given);
  const readable = statSync(path, { throwIfNoEntry: false });
  if (!readable?.isFile()) return { fault: `refers to the file ${given}, which does not exist` };
  // The bit that lets every user of the machine read it.
  if ((readable.mode & 0o004) === 0) return { secret: secretFromFile(path) };
  const complaint = `the file ${given} can be read by every user of this machine; chmod 600 it`;
  return environment === 'production' ? { fault: complaint } : { secret: secretFromFile(path), warning: complaint };
}

function fromText(value: string, { environment }: SecretContext): SecretResolution {
  if (environment === 'production')
    return {
      fault:
        'is a secret in plain text, which production refuses: refer to it by { file = "/path" } or { env = "NAME" }',
    };
  return { secret: secretFromText(value), warning: 'is a secret in plain text; production will refuse it' };
}
