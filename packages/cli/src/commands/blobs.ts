import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { ConnectionFlags } from '../connection.ts';
import { UsageError } from '../errors.ts';
import type { Session } from '../session.ts';
import { printAnswer } from '../views/answer.ts';

export interface BlobFlags extends ConnectionFlags {
  readonly json?: boolean;
}

/** `reeve blobs put`: sends a file or standard input as it is read. */
export async function put(session: Session, file: string, flags: BlobFlags): Promise<void> {
  const client = await session.connect(flags, 'user');
  const source = file === '-' ? process.stdin : createReadStream(file);
  const fault = new Promise<never>((_, reject) => {
    source.once('error', (cause: Error) =>
      reject(UsageError.error(`${file} cannot be read: ${cause.message}`, { cause })),
    );
  });
  const blob = await Promise.race([client.blobs.put(Readable.toWeb(source) as unknown as ReadableStream), fault]);
  if (flags.json) session.terminal.print(JSON.stringify(blob));
  else printAnswer('blobs.show', blob, session.terminal);
}

/** `reeve blobs get`: the content, once it is checked. */
export async function get(session: Session, digest: string, flags: BlobFlags): Promise<void> {
  const client = await session.connect(flags, 'user');
  process.stdout.write(await client.blobs.get(digest));
}
