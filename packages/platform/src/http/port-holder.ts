import { readdir, readFile, readlink } from 'node:fs/promises';

export interface PortHolder {
  readonly pid: number;
  /** Its command line, not longer than a line. */
  readonly command: string;
}

const listening = '0A';

/**
 * Who listens on a TCP port of this machine; nothing where the system does not tell (not Linux, another user's
 * process). Only for a message: never rejects.
 */
export async function holderOfPort(port: number): Promise<PortHolder | undefined> {
  try {
    const inodes = await listeningInodes(port);
    return inodes.size === 0 ? undefined : await holderOfInode(inodes);
  } catch {
    return undefined;
  }
}

async function listeningInodes(port: number): Promise<ReadonlySet<string>> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  const inodes = new Set<string>();
  for (const line of tables.flatMap((table) => table.split('\n').slice(1))) {
    // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
    const fields = line.trim().split(/\s+/);
    if (fields[3] === listening && fields[1]?.endsWith(`:${hexPort}`) && fields[9]) inodes.add(fields[9]);
  }
  return inodes;
}

async function holderOfInode(inodes: ReadonlySet<string>): Promise<PortHolder | undefined> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const links = await linksOf(pid);
    if (links.some((link) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? '')))
      return { pid: Number(pid), command: await commandOf(pid) };
  }
  return undefined;
}

/** Empty for a process of someone else, or one that has just ended. */
async function linksOf(pid: string): Promise<string[]> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
  return Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
}

async function commandOf(pid: string): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.replaceAll('\0', ' ').trim().slice(0, 120) || 'unknown command';
}
