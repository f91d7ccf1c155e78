/**
 * Ids that were acknowledged although, after their request, nothing was written to the write-ahead log and then synced.
 * With `alone` (one unit at a time) nothing may have been written after that sync either.
 */
export function unsyncedIn(trace: string, alone = false): string[] {
  const requestedAt = new Map<string, number>();
  const unsynced: string[] = [];
  let writtenAt = -1;
  let syncedWriteAt = -1;
  for (const [at, call] of completedCalls(trace).entries()) {
    if (call.name.startsWith('pwrite') && call.text.includes('-wal>')) writtenAt = at;
    if (/^f(data)?sync$/.test(call.name) && call.text.includes('-wal>')) syncedWriteAt = writtenAt;
    const request = said(call, 'request');
    if (request !== undefined) requestedAt.set(request, at);
    const acknowledged = said(call, 'ack');
    if (acknowledged === undefined) continue;
    const isSynced = syncedWriteAt > requestedAt.get(acknowledged)! && (!alone || syncedWriteAt === writtenAt);
    if (!isSynced) unsynced.push(acknowledged);
  }
  return unsynced;
}

/** Ids in the order of their acknowledgements. */
export function acknowledgementsIn(trace: string): string[] {
  return completedCalls(trace).flatMap((call) => said(call, 'ack') ?? []);
}

interface Call {
  readonly name: string;
  readonly text: string;
}

function said({ name, text }: Call, word: string): string | undefined {
  return name === 'write' ? new RegExp(`^write\\(1<[^>]*>, "${word} ([^\\\\"]+)\\\\n"`).exec(text)?.[1] : undefined;
}

/**
 * What strace wrote with `-f -y`. A call of one thread may be interrupted in the text by another's: first
 * `fsync(25</db-wal> <unfinished ...>`, later `<... fsync resumed>) = 0`; it counts where it ended.
 */
function completedCalls(trace: string): Call[] {
  const unfinished = new Map<string, string>();
  const calls: Call[] = [];
  for (const line of trace.split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (rest.endsWith('<unfinished ...>')) unfinished.set(thread, rest);
    else if (rest.startsWith('<... ')) calls.push(toCall(unfinished.get(thread) ?? ''));
    else if (rest !== '') calls.push(toCall(rest));
  }
  return calls;
}

function toCall(text: string): Call {
  return { name: text.slice(0, text.indexOf('(')), text };
}
