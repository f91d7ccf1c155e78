import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface OpenSocket {
  readonly protocol: 'tcp' | 'udp';
  readonly listens: boolean;
  /** Port at the other end; 0 without one. */
  readonly remotePort: number;
}

const listening = '0A';

/** The internet sockets that a process holds, as the kernel of Linux tells it. */
export function socketsOf(pid: number): OpenSocket[] {
  const own = new Set(inodesOf(pid));
  return (['tcp', 'tcp6', 'udp', 'udp6'] as const).flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
      .filter((fields) => own.has(fields[9] ?? ''))
      .map((fields) => ({
        protocol: table.startsWith('tcp') ? 'tcp' : 'udp',
        listens: table.startsWith('tcp') && fields[3] === listening,
        remotePort: Number.parseInt(fields[2]!.split(':')[1]!, 16),
      })),
  );
}

function inodesOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`)
    .map((name) => linkOf(`/proc/${pid}/fd/${name}`))
    .flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}

/** Empty when it was closed while we looked. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
