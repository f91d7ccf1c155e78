import { open, readFile } from 'node:fs/promises';
import { defineError } from '@reeve/kernel';
import type { SignedHead } from './signed-head.ts';

export const HeadsFileDamaged = defineError({
  code: 'heads_file_damaged',
  class: 'internal',
  title: 'The file of audit heads cannot be read',
  meaning: 'A line of the file of exported heads is no head; lines are only ever added to it.',
  remedy: 'Restore the file from its copy elsewhere, and look who could change it.',
});

/** The heads that were exported, one JSON line each; only ever appended to, and synced before anybody is told. */
export class HeadsFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async append(head: SignedHead): Promise<void> {
    await using file = await open(this.path, 'a', 0o600);
    await file.appendFile(`${JSON.stringify(head)}\n`);
    await file.sync();
  }

  /** Oldest first. @throws HeadsFileDamaged */
  async read(): Promise<SignedHead[]> {
    const text = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return '';
    });
    const lines = text.split('\n');
    // A crash while appending leaves a last line without its end; nobody was told of it.
    return lines.slice(0, -1).map((line, index) => this.#parse(line, index + 1));
  }

  #parse(line: string, number: number): SignedHead {
    try {
      const head = JSON.parse(line) as SignedHead;
      if (Number.isSafeInteger(head.sequence) && typeof head.hash === 'string' && typeof head.signature === 'string')
        return head;
    } catch {
      // Said below, for a line that is JSON of something else too.
    }
    throw HeadsFileDamaged.error(`${this.path}, line ${number} is no head`);
  }
}
