import { fdatasyncSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** One line of an agent's journal: a handler began, or came to an end that the agent then reports. */
export interface JournalLine {
  readonly what: 'began' | 'succeeded' | 'failed' | 'aborted';
  /** Names this run of the handler, and is in its output. */
  readonly execution: string;
  readonly taskId: string;
  readonly attempt: number;
  readonly fence: number;
  readonly agent: string;
}

/** Appends lines to a file of this process alone. Each is on disk before the handler goes on. */
export class Journal {
  readonly #file: number;

  constructor(folder: string, agent: string) {
    this.#file = openSync(join(folder, `${agent}-${process.pid}.jsonl`), 'a');
  }

  write(line: JournalLine): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
    fdatasyncSync(this.#file);
  }
}

/** Everything that agents wrote down, each file in order. A line that a kill cut off is left out. */
export function readJournals(folder: string): JournalLine[] {
  return readdirSync(folder).flatMap((name) => wholeLines(readFileSync(join(folder, name), 'utf8')));
}

function wholeLines(text: string): JournalLine[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JournalLine);
}
