import { codeAt, stepAt } from '../../src/people/totp.ts';
import { hashPassword } from '../../src/people/password.ts';
import type { Role } from '../../src/people/roles.ts';
import { insertUser } from '../../src/people/store/users.ts';
import type { Database } from '../../src/database/index.ts';
import { uuidv7 } from '@reeve/kernel';
import type { Answer, TestServer } from '../http/start-server.ts';

export const password = 'correct horse battery';

/** Puts people with a password of their own into a database; hashed at the least cost, for the usual one is slow on purpose. */
export async function people(database: Database, given: Readonly<Record<string, Role>>): Promise<void> {
  const hash = await hashPassword(password, { logN: 4, r: 1, p: 1 });
  const statements = Object.entries(given).map(([name, role]) =>
    insertUser({
      id: uuidv7(Date.now()),
      name,
      role,
      tenant: 'acme',
      password_hash: hash,
      password_is_own: 1,
      totp_seed: null,
      totp_confirmed_at_ms: null,
      totp_last_step: -1,
      created_at_ms: Date.now(),
      created_by: 'test',
      disabled_at_ms: null,
    }),
  );
  await database.commit({ statements });
}

/** Somebody who has logged in. */
export class Person {
  readonly #server: TestServer;
  readonly name: string;
  access = '';
  refresh = '';
  seed = '';

  constructor(server: TestServer, name: string) {
    this.#server = server;
    this.name = name;
  }

  async logIn(more: object = {}): Promise<Answer> {
    const answer = await this.#server.call('POST', '/v1/sessions', { body: { name: this.name, password, ...more } });
    this.#take(answer);
    return answer;
  }

  async refreshWith(refreshToken: string): Promise<Answer> {
    const answer = await this.#server.call('POST', '/v1/sessions/refresh', { body: { refreshToken } });
    this.#take(answer);
    return answer;
  }

  call(method: string, path: string, body?: object): Promise<Answer> {
    return this.#server.call(method, path, { key: this.access, ...(body && { body }) });
  }

  /** Whether the access token lets in. */
  async isIn(): Promise<boolean> {
    return (await this.call('GET', '/v1/sessions/self')).status === 200;
  }

  /** The code that the authenticator shows, `steps` later. */
  code(steps = 0): string {
    return codeAt(this.seed, stepAt(this.#server.clock.nowMs()) + steps);
  }

  /** Enrols an authenticator and shows its first code. */
  async enrol(): Promise<void> {
    this.seed = (await this.call('POST', '/v1/totp/enrol')).body.seed;
    const { status } = await this.call('POST', '/v1/totp/confirm', { code: this.code() });
    if (status !== 200) throw new Error(`the first code was answered with ${status}`);
  }

  #take({ status, body }: Answer): void {
    if (status >= 300) return;
    this.access = body.accessToken;
    this.refresh = body.refreshToken;
  }
}
