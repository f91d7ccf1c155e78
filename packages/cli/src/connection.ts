import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HubNotNamed } from './errors.ts';
import type { Environment } from './environment.ts';

/** Flags of every command that talks to a hub. */
export interface ConnectionFlags {
  readonly url?: string;
  readonly key?: string;
}

export interface Connection {
  readonly url: string;
  readonly apiKey: string | undefined;
  /** Where the address is from, for messages: `--url`, `REEVE_URL`, or the file. */
  readonly source: string;
}

/** Which of the two keys in `dev.json` a command needs: that of a user of the hub, or that of its owner. */
export type Role = 'user' | 'owner';

interface DevFile {
  readonly url: string;
  readonly apiKey: string;
  readonly ownerKey: string;
}

/**
 * Finds the hub: flags before environment before `dev.json`. A key from the file goes only to the address in the same
 * file, so that a mistyped `--url` sends it nowhere.
 * @throws ReeveError `hub_not_named`.
 */
export function findConnection(flags: ConnectionFlags, environment: Environment, role: Role): Connection {
  const path = join(environment.home, 'dev.json');
  const given = flags.url ?? environment.url;
  const givenKey = flags.key ?? environment.apiKey;
  if (given !== undefined && givenKey !== undefined) return { url: given, apiKey: givenKey, source: sourceOf(flags) };
  const dev = readDevFile(path);
  if (given !== undefined) {
    const isSame = dev !== undefined && sameAddress(dev.url, given);
    return { url: given, apiKey: isSame ? keyOf(dev, role) : undefined, source: sourceOf(flags) };
  }
  if (dev === undefined) throw HubNotNamed.error(`no --url, no REEVE_URL, and no ${path}`);
  return { url: dev.url, apiKey: givenKey ?? keyOf(dev, role), source: path };
}

/** Where the hub is, for somebody who brings no key. @throws ReeveError `hub_not_named` */
export function findAddress(flags: Pick<ConnectionFlags, 'url'>, environment: Environment): Pick<Connection, 'url'> {
  const given = flags.url ?? environment.url;
  return given === undefined ? findConnection(flags, environment, 'user') : { url: given };
}

function sourceOf(flags: ConnectionFlags): string {
  return flags.url === undefined ? 'REEVE_URL' : '--url';
}

function keyOf(dev: DevFile, role: Role): string {
  return role === 'owner' ? dev.ownerKey : dev.apiKey;
}

function sameAddress(a: string, b: string): boolean {
  return URL.canParse(a) && URL.canParse(b) && new URL(a).origin === new URL(b).origin;
}

/** @throws ReeveError `hub_not_named` for a file that is there and cannot be used. */
function readDevFile(path: string): DevFile | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw HubNotNamed.error(`${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  try {
    const { url, apiKey, ownerKey = apiKey } = JSON.parse(text) as Partial<DevFile>;
    if (typeof url === 'string' && typeof apiKey === 'string' && typeof ownerKey === 'string')
      return { url, apiKey, ownerKey };
  } catch {
    // Said below: whatever is wrong with it, the remedy is the same.
  }
  throw HubNotNamed.error(`${path} does not hold url, apiKey and ownerKey; \`reeve up\` writes it anew`);
}
