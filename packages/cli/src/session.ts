import type { Client, LoginStore } from '@reeve/sdk';
import { type Connection, type ConnectionFlags, findConnection, type Role } from './connection.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { LoginFile } from './login-file.ts';
import { openTerminal, type Terminal } from './terminal.ts';

/** One run of the command line: where it speaks, and the hub it talks to once a command asks for it. */
export interface Session {
  readonly terminal: Terminal;
  readonly environment: Environment;
  /** The hub in use, for messages; undefined until a command connects. */
  connection: Connection | undefined;
  connect(flags: ConnectionFlags, role: Role): Promise<Client>;
  /** Exit code of a command that ended without an error but not with success. */
  exitCode: number;
}

export function createSession(terminal = openTerminal(), environment = readEnvironment()): Session {
  const session: Session = {
    terminal,
    environment,
    connection: undefined,
    exitCode: 0,
    async connect(flags, role) {
      const { createClient } = await import('@reeve/sdk'); // late, for commands that need no hub start faster
      const connection = findConnection(flags, environment, role);
      session.connection = connection;
      const login = await loginAt(connection, flags, environment);
      if (login) return createClient({ url: connection.url, login });
      const key = connection.apiKey === undefined ? {} : { apiKey: connection.apiKey };
      return createClient({ url: connection.url, ...key });
    },
  };
  return session;
}

/** The login of the person at this hub, if there is one and no key was named: it goes before the keys of `dev.json`. */
async function loginAt(
  { url }: Connection,
  flags: ConnectionFlags,
  environment: Environment,
): Promise<LoginStore | undefined> {
  if (flags.key !== undefined || environment.apiKey !== undefined || !URL.canParse(url)) return undefined;
  const store = new LoginFile(environment.loginFile).at(url);
  return (await store.read()) && store;
}
