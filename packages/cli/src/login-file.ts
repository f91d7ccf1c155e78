import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Login, LoginStore } from '@reeve/sdk';

/** Whoever holds the lock for longer has been killed: a refresh is one request. */
const lockStaleMs = 60_000;
const lockRetryMs = 50;

/** The logins of a person, by address of the hub; a file that only they may read, shared by all their commands. */
export class LoginFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The login at one hub. */
  at(url: string): LoginStore {
    const { origin } = new URL(url);
    return {
      read: async () => (await this.#read())[origin],
      replace: (change) => this.#alone(() => this.#change(origin, change)),
    };
  }

  async #change(origin: string, change: Parameters<LoginStore['replace']>[0]): Promise<Login | undefined> {
    const { [origin]: present, ...others } = await this.#read();
    const login = await change(present);
    if (login !== present) await this.#write(login ? { ...others, [origin]: login } : others);
    return login;
  }

  /** A file that is missing or damaged holds no login: the tokens in it can be had again. */
  async #read(): Promise<Record<string, Login>> {
    try {
      return JSON.parse(await readFile(this.path, 'utf8')) as Record<string, Login>;
    } catch (error) {
      if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw error;
    }
  }

  /** Written beside and moved into place, so that nobody reads half a file. */
  async #write(logins: Record<string, Login>): Promise<void> {
    const beside = `${this.path}.${process.pid}`;
    await rm(beside, { force: true });
    await writeFile(beside, `${JSON.stringify(logins)}\n`, { flag: 'wx', mode: 0o600 });
    await rename(beside, this.path);
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const lock = `${this.path}.lock`;
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    while (!(await taken(lock))) await pause(lockRetryMs);
    try {
      return await work();
    } finally {
      await rm(lock, { force: true });
    }
  }
}

/** Whether the lock could be taken; one that was left behind by a killed process is removed. */
async function taken(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const since = await stat(lock).then(
    ({ mtimeMs }) => mtimeMs,
    () => Date.now(), // let go just now
  );
  if (Date.now() - since > lockStaleMs) await rm(lock, { force: true });
  return false;
}
