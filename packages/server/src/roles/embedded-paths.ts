import { join } from 'node:path';
import { InvalidInput } from '@reeve/kernel';
import { databaseUrl, type SystemConfiguration } from '@reeve/platform';

/** Where the embedded database and its stored files are. @throws InvalidInput when the database is on a server. */
export function embeddedPaths(configuration: SystemConfiguration): { database: string; files: string } {
  const url = databaseUrl(configuration);
  if (url.startsWith('sqlite:'))
    return { database: url.slice('sqlite:'.length), files: join(configuration.home, 'blobs') };
  throw InvalidInput.error(
    'the configured database is on a PostgreSQL server: back it up and restore it with pg_dump and pg_restore, or with pg_basebackup',
  );
}
