import type { Clock } from '@reeve/kernel';
import type { Database } from '../database/index.ts';
import type { Logger } from '../log/index.ts';
import type { Attempts } from './attempts.ts';
import type { Register } from './register.ts';
import type { Tokens } from './tokens.ts';

/** How long what people are given is good for. */
export interface PeopleSettings {
  readonly accessTtlMs: number;
  readonly refreshTtlMs: number;
  /** For how long after a code of the authenticator acts with consequences are permitted. */
  readonly stepUpTtlMs: number;
}

/** What the services around people share. */
export interface PeopleParts {
  readonly database: Database;
  readonly log: Logger;
  /** The machine's clock: what authenticators and records go by. */
  readonly clock: Clock;
  /** Never goes back: what tokens go by. */
  readonly steady: Pick<Clock, 'nowMs'>;
  readonly tokens: Tokens;
  readonly register: Register;
  readonly attempts: Attempts;
  readonly settings: PeopleSettings;
}
