import { DatabaseSync } from 'node:sqlite';
import type { WriterSettings } from '../wire.ts';

/**
 * Opens the one connection that writes. Memory-mapped reading stays off: an I/O error would then end the process with
 * SIGBUS instead of an error that can be told. Automatic checkpoints are a backstop; the regular ones run between groups.
 */
export function openWriterConnection(settings: WriterSettings): DatabaseSync {
  const db = new DatabaseSync(settings.path, { timeout: settings.busyTimeoutMs, enableForeignKeyConstraints: true });
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = ${settings.synchronous === 'off' ? 'OFF' : 'FULL'};
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA cache_size = ${-Math.ceil(settings.cacheBytes / 1024)};
    PRAGMA temp_store = MEMORY;
    PRAGMA wal_autocheckpoint = ${settings.checkpointPages * 4};
    PRAGMA journal_size_limit = ${settings.checkpointPages * 8 * 4096};
  `);
  return db;
}
