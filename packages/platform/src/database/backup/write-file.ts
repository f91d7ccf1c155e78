import { open } from 'node:fs/promises';
import { onDisk } from '../../files/index.ts';

/** Writes a new file for its owner alone, and syncs it. @throws StorageUnavailable, and what the content throws. */
export async function writeNew(path: string, content: AsyncIterable<Buffer>): Promise<void> {
  await using file = await onDisk(() => open(path, 'wx', 0o600));
  for await (const piece of content) await onDisk(() => file.writeFile(piece));
  await onDisk(() => file.sync());
}
