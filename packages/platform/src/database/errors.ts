import { defineError } from '@reeve/kernel';

/** Details: `{ index, expectedRows, rows }`, or `{ index, constraint }` with `unique | foreignKey | notNull | check | other`. */
export const ExpectationFailed = defineError({
  code: 'expectation_failed',
  class: 'conflict',
  title: 'The state was not what the change expected',
  meaning:
    'A statement of a unit of work changed another number of rows than it had to, or broke a constraint; the whole unit was undone.',
  remedy: 'Read the present state and decide again; another writer was first.',
});
export const StorageUncertain = defineError({
  code: 'storage_uncertain',
  class: 'internal',
  title: 'It is not known whether the change was kept',
  meaning:
    'What writes the database ended, or its connection to the server was cut, while it was committing; the change may or may not be durable.',
  remedy: 'Read the present state before trying again, or repeat the request with the same idempotency key.',
});
export const StatementFailed = defineError({
  code: 'statement_failed',
  class: 'internal',
  title: 'A database statement is wrong',
  meaning: 'The program sent a statement or a value that the database cannot carry out; nothing of its unit was kept.',
  remedy: 'This is a defect of the program: report it with the correlation id.',
});
export const DatabaseInUse = defineError({
  code: 'database_in_use',
  class: 'conflict',
  title: 'Another process has the database open',
  meaning: 'Only one process may write a database, and another one has it; two writers would lose work.',
  remedy: 'Stop the process named in the detail, or give this one another home with `REEVE_HOME` or another database.',
});
export const DatabaseUnusable = defineError({
  code: 'database_unusable',
  class: 'unavailable',
  title: 'The database cannot be opened',
  meaning:
    'The file or its folder cannot be read and written, is not a database, its address is not understood, or its server refuses.',
  remedy: 'Check path, permissions and space on the disk, or address, user and password, as named in the detail.',
});
export const DatabaseNotEmpty = defineError({
  code: 'database_not_empty',
  class: 'conflict',
  title: 'The database to move to is not empty',
  meaning: 'A move takes a whole database to an empty one; this one has tables, which it does not touch.',
  remedy: 'Make a new database (`createdb`) and move to that.',
});
export const MoveNotExact = defineError({
  code: 'move_not_exact',
  class: 'internal',
  title: 'What arrived is not what was sent',
  meaning: 'After a move a table of the new database differs from the old one; the move was undone as a whole.',
  remedy: 'Nothing has to be cleaned up. Try again; if it happens again, report it with the table in the detail.',
});
export const BackupBroken = defineError({
  code: 'backup_broken',
  class: 'internal',
  title: 'A backup is not as it was written',
  meaning: 'A backup was cut, changed or put together anew, or does not hold the rows that it says; nothing was kept.',
  remedy: 'Take another copy of the file, or an older backup. If a new backup is refused, look at the disks.',
});
export const BackupNotReplaced = defineError({
  code: 'backup_not_replaced',
  class: 'conflict',
  title: 'Something else has the name of the backup',
  meaning: 'A backup replaces an older backup of the same name, and nothing else.',
  remedy: 'Name another file with `--to`.',
});
export const RestoreTargetTaken = defineError({
  code: 'restore_target_taken',
  class: 'conflict',
  title: 'There is something already where the backup is to be restored',
  meaning: 'A restore overwrites nothing: no database, no log beside it, no stored file.',
  remedy: 'Restore to another folder, or move away what the detail names.',
});
export const DatabaseNewer = defineError({
  code: 'database_newer',
  class: 'conflict',
  title: 'The database belongs to a newer version',
  meaning: 'The database has migrations that this version of the program does not know; writing could damage it.',
  remedy: 'Start the newer version, or restore the backup that was made before it was first started.',
});
export const MigrationChanged = defineError({
  code: 'migration_changed',
  class: 'conflict',
  title: 'A migration that was applied has changed',
  meaning:
    'The text of a migration differs from the text that was applied to this database; its tables may differ too.',
  remedy: 'Restore the migration as it was and put the change into a new one.',
});
export const MigrationFailed = defineError({
  code: 'migration_failed',
  class: 'internal',
  title: 'A migration could not be applied',
  meaning: 'A statement of a migration failed; the database was left as it was before the first of them.',
  remedy: 'Correct the cause named in the detail and start again; nothing has to be undone.',
});
