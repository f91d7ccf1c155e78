import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { needs } from '../../../../tests/house/needs.ts';
import type { CommitterOptions } from './committer.ts';
import { temporaryFolder } from './temporary-database.ts';
import { acknowledgementsIn, unsyncedIn } from './trace.ts';

const script = fileURLToPath(new URL('./committer.ts', import.meta.url));

describe('system calls around an acknowledgement', () => {
  test(
    '[HB-08 sync-trace] the write-ahead log is synced between each request and its acknowledgement',
    { ...needs('strace'), timeout: 60_000 },
    () => {
      const trace = traceCommits({ inFlight: 1, units: 50 });
      expect(acknowledgementsIn(trace)).toHaveLength(50);
      expect(unsyncedIn(trace, true)).toEqual([]);
    },
  );

  test('[HB-08 sync-trace] the same when many units share a commit', { ...needs('strace'), timeout: 60_000 }, () => {
    const trace = traceCommits({ inFlight: 20, units: 200 });
    expect(acknowledgementsIn(trace)).toHaveLength(200);
    expect(unsyncedIn(trace)).toEqual([]);
  });

  test(
    '[HB-08 sync-off] with syncing switched off the same check finds every acknowledgement unsynced',
    { ...needs('strace'), timeout: 60_000 },
    () => {
      const trace = traceCommits({ inFlight: 1, units: 20, synchronous: 'off' });
      expect(unsyncedIn(trace)).toEqual(acknowledgementsIn(trace));
      expect(acknowledgementsIn(trace)).toHaveLength(20);
    },
  );
});

function traceCommits(options: Omit<CommitterOptions, 'path'>): string {
  const folder = temporaryFolder();
  const output = join(folder, 'trace');
  const calls = 'trace=write,pwrite64,writev,pwritev,fsync,fdatasync';
  const committer = [script, JSON.stringify({ ...options, path: join(folder, 'reeve.db') })];
  const strace = ['-f', '-y', '-qq', '-e', calls, '-e', 'signal=none', '-o', output, process.execPath];
  execFileSync('strace', [...strace, '--conditions=reeve-source', ...committer], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return readFileSync(output, 'utf8');
}
