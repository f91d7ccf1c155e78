import { open } from 'node:fs/promises';
import { StorageUnavailable } from '@reeve/kernel';

/** Faults of the disk, as the class of error that they are; where the file lies is nobody's business outside. */
export async function onDisk<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw StorageUnavailable.error(`the disk does not take it (${code ?? 'unknown fault'})`, { cause });
  }
}

/** So that the names in a folder survive a power cut, as the contents do. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await onDisk(() => open(path, 'r'));
  await onDisk(() => folder.sync());
}
