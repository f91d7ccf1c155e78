import { linesOfKeys } from './toml-lines.ts';

/** Where a value comes from. */
export interface Source {
  readonly kind: 'default' | 'file' | 'variable' | 'flag';
  /** For people: `default`, `file reeve.toml:12`, `environment REEVE_PORT`, `command line`. */
  describe(path: string): string;
}

export const defaultSource: Source = { kind: 'default', describe: () => 'default' };
export const flagSource: Source = { kind: 'flag', describe: () => 'command line' };

export function variableSource(name: string): Source {
  return { kind: 'variable', describe: () => `environment ${name}` };
}

/** Lines are only looked for when somebody asks: a start without faults does not pay for them. */
export function fileSource(name: string, toml: string): Source {
  let lines: Map<string, number> | undefined;
  return {
    kind: 'file',
    describe(path) {
      lines ??= linesOfKeys(toml);
      const line = lines.get(path);
      return line === undefined ? `file ${name}` : `file ${name}:${line}`;
    },
  };
}
