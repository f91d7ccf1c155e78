import { access, constants, mkdir } from 'node:fs/promises';
import { defineError } from '@reeve/kernel';

export const HomeUnusable = defineError({
  code: 'home_unusable',
  class: 'unavailable',
  title: 'The home folder cannot be used',
  meaning:
    'The folder in which everything is kept cannot be made or written: permission lacks, or something else has its name.',
  remedy: 'Look at the path in the message, or give another folder with `REEVE_HOME`.',
});

/** Makes the home folder when it is missing, for its owner alone; tells why it cannot be used. @throws HomeUnusable */
export async function prepareHome(home: string): Promise<void> {
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
    await access(home, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw HomeUnusable.error(`${home} cannot be the home folder: ${await reasonOf(cause, home)}`, {
      details: { home },
      cause,
    });
  }
}

/** A recursive mkdir says that there is no such folder where the file system is read-only: a plain one knows better. */
async function reasonOf(error: unknown, home: string): Promise<string> {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST') return 'it is not a folder';
  if (code !== 'ENOENT') return message;
  return mkdir(home, { mode: 0o700 }).then(
    () => message,
    (better: Error) => better.message,
  );
}
