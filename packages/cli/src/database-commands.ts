import type { Command } from 'commander';
import type { DbBackupFlags, DbMoveFlags, DbRestoreFlags } from './commands/server-roles.ts';
import type { Session } from './session.ts';

/** `reeve db …`: what is done to the database as a whole, on the machine it is on. */
export function addDatabaseCommands(program: Command, session: Session): void {
  const db = program.command('db').description('the database: back up, restore, move');
  addBackup(db, session);
  addRestore(db, session);
  addMove(db, session);
}

function configured(command: Command): Command {
  const collect = (text: string, earlier: string[] | undefined): string[] => [...(earlier ?? []), text];
  return command
    .option('--config <file>', 'configuration file; may be repeated, later ones win', collect)
    .option('--json', 'the report as one line of JSON');
}

function addBackup(db: Command, session: Session): void {
  configured(
    db
      .command('backup')
      .description('one sealed file with the embedded database and its blobs, checked; the hub may go on')
      .requiredOption('--to <file>', 'a new file, or an older backup, which is replaced at the end'),
  )
    .addHelpText('after', backupNotes)
    .action(async (flags: DbBackupFlags) => {
      const { backUpDatabase } = await import('./commands/server-roles.ts');
      session.exitCode = await backUpDatabase(flags);
    });
}

const backupNotes = `
The file is sealed under the active encryption key. The keys are not in it: keep encryption.keys somewhere else, or
nobody can read the backup. A database on a PostgreSQL server is backed up with pg_dump or pg_basebackup.

Example:
  reeve db backup --to /backup/reeve-$(date +%F).backup`;

function addRestore(db: Command, session: Session): void {
  configured(
    db
      .command('restore')
      .description('put a backup where no database is')
      .argument('<file>', 'what reeve db backup wrote')
      .option('--to <folder>', 'home folder of the hub that is to use it (REEVE_HOME, .reeve)'),
  )
    .addHelpText('after', restoreNotes)
    .action(async (file: string, flags: DbRestoreFlags) => {
      const { restoreDatabase } = await import('./commands/server-roles.ts');
      session.exitCode = await restoreDatabase(file, flags);
    });
}

const restoreNotes = `
Nothing is overwritten. The encryption keys have to be there first: as configured, or as encryption.keys in the folder.

Example:
  mkdir -m 700 new && cp /safe/encryption.keys new/ && reeve db restore /backup/reeve.backup --to new
  reeve up --home new`;

function addMove(db: Command, session: Session): void {
  configured(
    db
      .command('move')
      .description('take the embedded database to a PostgreSQL server, and prove that nothing is missing')
      .requiredOption('--to <url>', 'an empty database, such as postgres://reeve@db.example/reeve')
      .option('--from <file>', 'the embedded database; that of the configuration when not given'),
  )
    .addHelpText(
      'after',
      '\nStop the hub first. The password may come from PGPASSWORD; the old database stays as it is.' +
        '\n\nExample:\n  createdb reeve && reeve db move --to postgres://reeve@localhost/reeve',
    )
    .action(async (flags: DbMoveFlags) => {
      const { moveDatabase } = await import('./commands/server-roles.ts');
      session.exitCode = await moveDatabase(flags);
    });
}
