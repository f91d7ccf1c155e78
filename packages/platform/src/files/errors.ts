import { defineError } from '@reeve/kernel';

export const StoredFileBroken = defineError({
  code: 'stored_file_broken',
  class: 'internal',
  title: 'A stored file is not as it was written',
  meaning: 'A file of the home folder is missing, was cut or changed, so its content cannot be given out.',
  remedy: 'Restore `blobs/` together with the database from a backup, or put the content in again.',
});
