import picocolors from 'picocolors';
import { readEnvironment } from './environment.ts';

export type Colours = ReturnType<typeof picocolors.createColors>;

/** Where answers go (standard output) and what is said about them (standard error). */
export interface Terminal {
  /** Colours for standard output; they do nothing when it is no terminal or `NO_COLOR` is set. */
  readonly colours: Colours;
  /** Columns of standard output; undefined when it is no terminal: nothing is cut for programs. */
  readonly columns: number | undefined;
  /** Whether a person can be asked. */
  readonly interactive: boolean;
  print(text: string): void;
  /** For people: progress, hints, questions; never part of an answer. */
  note(text: string): void;
}

export function openTerminal(): Terminal {
  const { stdout, stderr, stdin } = process;
  // The reader of a pipe may leave early (`reeve tasks list | head`): that is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return {
    colours: picocolors.createColors(stdout.isTTY && readEnvironment().wantsColour),
    columns: (stdout.isTTY && stdout.columns) || undefined, // some pseudo-terminals say 0
    interactive: Boolean(stdin.isTTY && stderr.isTTY),
    print: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(`${text}\n`),
  };
}
