import { InvalidConfiguration } from './errors.ts';
import type { Source } from './source.ts';
import type { ReeveError } from '@reeve/kernel';

/** One thing that is wrong, and where. */
export interface Fault {
  readonly path: string;
  readonly message: string;
  readonly source: Source;
}

/** A value for one path, from one source. */
export interface Assignment {
  readonly path: string;
  readonly value: unknown;
  readonly source: Source;
}

/** What one source says: values, and what could not be understood. */
export interface Layer {
  readonly assignments: readonly Assignment[];
  readonly faults: readonly Fault[];
}

/** All faults in one error, each on a line with its source and path. */
export function faultsError(faults: readonly Fault[]): ReeveError {
  const lines = faults.map(faultLine);
  const head = faults.length === 1 ? 'one setting is not valid' : `${faults.length} settings are not valid`;
  return InvalidConfiguration.error([`${head}:`, ...lines].join('\n  '), {
    issues: faults.map((fault, index) => ({ path: fault.path.split('.'), message: lines[index]! })),
  });
}

export function faultLine({ path, message, source }: Fault): string {
  // What is missing everywhere has no place to name.
  const where = source.kind === 'default' ? undefined : source.describe(path);
  return [where, path || undefined, message].filter((part) => part !== undefined).join(': ');
}
