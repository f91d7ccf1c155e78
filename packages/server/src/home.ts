import { mkdir } from 'node:fs/promises';
import { defineError } from '@reeve/kernel';

export const HomeUnusable = defineError({
  code: 'home_unusable',
  class: 'unavailable',
  title: 'The home folder cannot be used',
  meaning:
    'The folder in which everything is kept could not be made: something else has its name, or permission lacks.',
  remedy: 'Look at the path in the message, or give another folder with `REEVE_HOME`.',
});

/** Makes the home folder when it is missing, for its owner alone. @throws HomeUnusable */
export async function prepareHome(home: string): Promise<void> {
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'EEXIST' ? 'it is not a folder' : (cause as Error).message;
    throw HomeUnusable.error(`${home} cannot be the home folder: ${reason}`, { details: { home }, cause });
  }
}
