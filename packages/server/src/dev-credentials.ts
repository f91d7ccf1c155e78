import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Access } from '@reeve/platform';

/** What `dev.json` in the home folder holds, readable by its owner alone. */
export interface DevCredentials {
  readonly url: string;
  /** May use the system: tasks, events, models, chat, agents that connect. */
  readonly apiKey: string;
  /** May do everything. */
  readonly ownerKey: string;
}

const userPermissions = [
  'tasks:*',
  'agents:read',
  'agents:connect',
  'events:read',
  'models:read',
  'chat:use',
  'health:read',
];

export function devCredentialsPath(home: string): string {
  return join(home, 'dev.json');
}

/**
 * Makes sure that development has two keys that work, and writes them down for the command line and for scripts. Keys
 * written down by an earlier start are kept when they still hold.
 */
export async function ensureDevCredentials(access: Access, home: string, url: string): Promise<DevCredentials> {
  const path = devCredentialsPath(home);
  const earlier = await readCredentials(path);
  const tenant = 'default';
  const user = await access.ensureKey({ name: 'dev', tenant, permissions: userPermissions }, earlier?.apiKey);
  const owner = await access.ensureKey({ name: 'dev-owner', tenant, permissions: ['*'] }, earlier?.ownerKey);
  const credentials = { url, apiKey: user.text, ownerKey: owner.text };
  await writePrivately(path, `${JSON.stringify(credentials, null, 2)}\n`);
  return credentials;
}

/** A file that is missing, or was damaged, is made anew: the keys in it are only copies. */
export async function readCredentials(path: string): Promise<DevCredentials | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  try {
    const value = JSON.parse(text) as Partial<DevCredentials>;
    const { url, apiKey, ownerKey } = value;
    return typeof url === 'string' && typeof apiKey === 'string' && typeof ownerKey === 'string'
      ? { url, apiKey, ownerKey }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Written beside and moved into place, so that no reader sees half a file, and never readable by others. */
async function writePrivately(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}`;
  await rm(beside, { force: true });
  await writeFile(beside, text, { mode: 0o600 });
  await rename(beside, path);
}
