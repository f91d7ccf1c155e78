import { createInterface } from 'node:readline';
import { UsageError } from './errors.ts';
import type { Terminal } from './terminal.ts';

export interface Questions {
  secret(message: string): Promise<string>;
  plain(message: string): Promise<string>;
}

/** Asks a person; without a terminal takes one line of standard input for each question. */
export function questions(terminal: Terminal): Questions {
  if (!terminal.interactive) {
    let lines: AsyncIterator<string> | undefined; // made when it is needed: standard input may be meant for something else
    const next = async (message: string): Promise<string> => {
      lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
      const { value, done } = (await lines.next()) as IteratorResult<string, undefined>;
      if (done || value === '') throw UsageError.error(`standard input has no line for: ${message}`);
      return value;
    };
    return { secret: next, plain: next };
  }
  const prompted = async (kind: 'password' | 'text', message: string): Promise<string> => {
    const prompts = await import('@clack/prompts');
    const answer = await prompts[kind]({ message, output: process.stderr });
    if (prompts.isCancel(answer) || !answer) throw UsageError.error(`no answer to: ${message}`);
    return answer;
  };
  return { secret: (message) => prompted('password', message), plain: (message) => prompted('text', message) };
}
