import { parentPort, workerData } from 'node:worker_threads';
import { Sealer } from '../../../sealing/sealer.ts';
import type { FromWriter } from '../../group/messages.ts';
import type { ToThread, WriterSettings } from '../wire.ts';
import { Checkpointer } from './checkpointer.ts';
import { openWriterConnection } from './connection.ts';
import { GroupCommitter } from './group-committer.ts';
import { messageOf } from './sqlite-failure.ts';
import { StatementCache } from './statement-cache.ts';

// The thread that writes the database. It does what it is told in the order in which it is told, and answers each
// group after its COMMIT has returned, which is after the write-ahead log has been synced.

const port = parentPort!;
const settings = workerData as WriterSettings;
const db = openWriterConnection(settings);
const statements = new StatementCache(db, settings.statements);
const sealer = settings.sealUnder && new Sealer(settings.sealUnder);
const committer = new GroupCommitter(db, statements, sealer);
const checkpointer = new Checkpointer(db, settings.checkpointPages);

let checkpointFailure: string | undefined;

function answer(message: FromWriter): void {
  port.postMessage(message);
}

function probe(): void {
  attempt(() => checkpointer.truncate());
  const reason = committer.probe(Date.now());
  answer(
    reason === undefined ? { kind: 'probed', newestPosition: committer.newestPosition() } : { kind: 'probed', reason },
  );
}

/**
 * A checkpoint that fails loses nothing, the log keeps what it could not copy; the commits themselves tell of trouble.
 * Told once, not with every group, for as long as the reason is the same.
 */
function attempt(checkpoint: () => void): void {
  try {
    checkpoint();
    checkpointFailure = undefined;
  } catch (error) {
    const reason = messageOf(error);
    if (reason !== checkpointFailure) answer({ kind: 'checkpointFailed', reason });
    checkpointFailure = reason;
  }
}

function close(): void {
  attempt(() => checkpointer.truncate());
  db.close();
  answer({ kind: 'closed' });
  port.close();
}

port.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'statement':
      return statements.register(message.statement);
    case 'group':
      answer(committer.commit(message));
      return attempt(() => checkpointer.afterGroup());
    case 'probe':
      return probe();
    case 'close':
      return close();
  }
});
answer({ kind: 'ready', newestPosition: committer.newestPosition() });
