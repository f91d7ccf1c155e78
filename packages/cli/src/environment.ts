/* oxlint-disable node/no-process-env -- the command line has no configuration of the platform to ask, only these */

import { homedir } from 'node:os';
import { join } from 'node:path';

/** What of the environment the command line looks at; nothing else here reads it. */
export interface Environment {
  readonly url: string | undefined;
  readonly apiKey: string | undefined;
  /** Folder of a hub on this machine, with `dev.json` in it. */
  readonly home: string;
  /** Where the logins of the person are kept. */
  readonly loginFile: string;
  readonly wantsColour: boolean;
  /** Shows stack traces of defects. */
  readonly debug: boolean;
}

export function readEnvironment(): Environment {
  const { env } = process;
  return {
    url: env['REEVE_URL'] || undefined,
    apiKey: env['REEVE_API_KEY'] || undefined,
    home: env['REEVE_HOME'] || '.reeve',
    loginFile: join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'reeve', 'logins.json'),
    // https://no-color.org: any value but the empty one.
    wantsColour: !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    debug: Boolean(env['REEVE_DEBUG']),
  };
}

/** For child processes: everything as it is, with these changed. */
export function childEnvironment(changes: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...changes };
}
