import type { Environment } from './environment-layer.ts';

/** What the environment says to a process that speaks to a hub; an empty variable is the same as none. */
export interface ClientSettings {
  readonly url: string | undefined;
  readonly apiKey: string | undefined;
  /** Where a hub in development writes down its address and keys. */
  readonly home: string;
}

export function clientSettings(env: Environment = process.env): ClientSettings {
  return {
    url: env['REEVE_URL'] || undefined,
    apiKey: env['REEVE_API_KEY'] || undefined,
    home: env['REEVE_HOME'] || '.reeve',
  };
}

/** A secret from a variable that a person has named on a command line. */
export function secretFromEnvironment(name: string, env: Environment = process.env): string | undefined {
  return env[name] || undefined;
}

/** The environment of this process with some variables added, for a child process. */
export function environmentWith(added: Record<string, string>): Record<string, string | undefined> {
  return { ...process.env, ...added };
}
