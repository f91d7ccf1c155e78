import { createHmac, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listAudit } from '../../src/audit/index.ts';
import { keyOperations } from '../../src/access/index.ts';
import { startServer, type TestServer } from '../http/start-server.ts';
import { password, people, Person } from './person.ts';

let server: TestServer;
let ada: Person;
const minute = 60_000;

beforeEach(async () => {
  server = await startServer({
    beforehand: (database) => people(database, { ada: 'owner', max: 'member' }),
    bindOn: ({ people: those, access, database, clock }) => [
      ...those.operations,
      ...keyOperations({ access, database, clock }),
    ],
  });
  ada = new Person(server, 'ada');
  await ada.logIn();
});
afterEach(() => server[Symbol.asyncDispose]());

describe('access tokens', () => {
  test('[FD-04 access] let in for 30 minutes, as what the role may do', async () => {
    const self = await ada.call('GET', '/v1/sessions/self');
    expect(self.body).toMatchObject({ name: 'ada', role: 'owner', permissions: ['*'], steppedUp: false });
    const max = new Person(server, 'max');
    await max.logIn();
    expect((await max.call('GET', '/v1/keys')).status).toBe(404);
    server.clock.advance(30 * minute - 5_000);
    expect(await ada.isIn()).toBe(true);
    server.clock.advance(6_000);
    expect((await ada.call('GET', '/v1/sessions/self')).status).toBe(401);
  });

  test('[FD-04 access signing] forged in any way they are nobody’s', async () => {
    const [, payload] = ada.access.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = (header: object, body: object, key: Buffer = randomBytes(32)) => {
      const text = `${part(header)}.${part(body)}`;
      return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
    };
    const header = { alg: 'HS256', kid: 'test', typ: 'at+jwt' };
    const forgeries = {
      'with another key': signed(header, claims),
      'with a key that is not there': signed({ ...header, kid: 'other' }, claims),
      'without a signature': `${part({ ...header, alg: 'none' })}.${payload}.`,
      'with the signature of another': `${part(header)}.${part({ ...claims, sub: 'x' })}.${ada.access.split('.')[2]}`,
      'with an empty key': signed(header, claims, Buffer.alloc(0)),
      'a refresh token': ada.refresh,
      nothing: '..',
      garbage: 'not-a-token',
    };
    for (const [how, token] of Object.entries(forgeries)) {
      const answer = await server.call('GET', '/v1/sessions/self', { key: token });
      expect([how, answer.status]).toEqual([how, 401]);
    }
    expect((await ada.refreshWith(ada.access)).body.code).toBe('session_ended');
  });

  test('[FD-04 access] stop at once with the logout', async () => {
    expect((await ada.call('POST', '/v1/sessions/end')).body).toEqual({ ended: true });
    expect(await ada.isIn()).toBe(false);
    expect((await ada.refreshWith(ada.refresh)).body.code).toBe('session_ended');
  });

  test('[FD-04 access] what has expired stays so when the clock is set back, and what is valid stays so when it jumps', async () => {
    const old = ada.access;
    server.clock.advance(31 * minute);
    await ada.refreshWith(ada.refresh);
    server.clock.jump(-60 * minute);
    expect((await server.call('GET', '/v1/sessions/self', { key: old })).status).toBe(401);
    expect(await ada.isIn()).toBe(true);
    server.clock.advance(31 * minute);
    expect(await ada.isIn()).toBe(false);
    await ada.refreshWith(ada.refresh);
    server.clock.jump(60 * minute);
    expect((await ada.refreshWith(ada.refresh)).status).toBe(200);
    expect(await ada.isIn()).toBe(true);
  });
});

describe('refresh tokens', () => {
  test('[FD-04 refresh] bring a new pair each time, for as long as the login is used once in 7 days', async () => {
    for (let day = 0; day < 3; day++) {
      server.clock.advance(6 * 24 * 60 * minute);
      const used = ada.refresh;
      expect((await ada.refreshWith(used)).status).toBe(200);
      expect(ada.refresh).not.toBe(used);
      expect(await ada.isIn()).toBe(true);
    }
    server.clock.advance(7 * 24 * 60 * minute);
    expect((await ada.refreshWith(ada.refresh)).body.code).toBe('session_ended');
  });

  test('[FD-04 reuse] used a second time they end the login with all its tokens, on record', async () => {
    const stolen = ada.refresh;
    await ada.refreshWith(stolen);
    const newest = ada.refresh;
    const answer = await ada.refreshWith(stolen);
    expect([answer.status, answer.body.code]).toEqual([401, 'refresh_token_reused']);
    expect(await ada.isIn()).toBe(false);
    expect((await ada.refreshWith(newest)).body.code).toBe('session_ended');
    const { items } = await listAudit(server.database, { limit: 50, operation: 'sessions.refresh' });
    expect(items.map(({ details }) => details)).toContainEqual(
      expect.objectContaining({ reason: 'refresh token used twice' }),
    );
    const sessions = await server.database.read({ sql: 'SELECT end_reason FROM sessions', params: [] });
    expect(sessions).toEqual([{ end_reason: 'reuse' }]);
  });

  test('[FD-04 reuse] of many uses at the same moment one is answered, and then the login is over', async () => {
    const { refresh } = ada;
    const answers = await Promise.all(Array.from({ length: 8 }, () => ada.refreshWith(refresh)));
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    expect(answers.some(({ body }) => body.code === 'refresh_token_reused')).toBe(true);
    expect(await ada.isIn()).toBe(false);
  });
});

describe('passwords', () => {
  test('[FD-04 passwords] are in no file, and no token, seed or code is', async () => {
    await ada.enrol();
    const { body } = await ada.call('POST', '/v1/users', { name: 'new', role: 'viewer' });
    expect(body.state).toBe('mustReplacePassword');
    const secrets = [password, body.password, ada.seed, ada.access, ada.refresh, ada.access.split('.')[2]!];
    for (const name of readdirSync(server.folder)) {
      const bytes = readFileSync(join(server.folder, name));
      for (const secret of secrets) expect([name, secret, bytes.includes(secret)]).toEqual([name, secret, false]);
    }
    for (const secret of secrets) expect(JSON.stringify(server.lines)).not.toContain(secret);
  });

  test('[FD-04 passwords] that are wrong say nothing of who is there, and are slowed down', async () => {
    const wrong = (name: string) => server.call('POST', '/v1/sessions', { body: { name, password: 'wrong password' } });
    const [nobody, somebody] = [await wrong('nobody'), await wrong('max')];
    expect([nobody.status, nobody.body.code]).toEqual([401, 'login_refused']);
    expect(somebody.body.detail).toBe(nobody.body.detail);
    const many = await Promise.all(Array.from({ length: 6 }, () => wrong('max')));
    expect(many.filter(({ status }) => status === 429).length).toBe(2);
    expect((await new Person(server, 'max').logIn()).status).toBe(429);
    server.clock.advance(31_000);
    expect((await new Person(server, 'max').logIn()).status).toBe(201);
  });

  test('[FD-04 passwords] given by somebody else permit nothing but to be replaced; replacing ends other logins', async () => {
    await ada.enrol();
    const { body } = await ada.call('POST', '/v1/users', { name: 'new', role: 'operator' });
    const log = (given: string) => server.call('POST', '/v1/sessions', { body: { name: 'new', password: given } });
    const [first, other] = [await log(body.password), await log(body.password)];
    expect(first.body.mustReplacePassword).toBe(true);
    const key = first.body.accessToken as string;
    expect((await server.call('GET', '/v1/keys', { key })).status).toBe(404);
    const change = (newPassword: string) =>
      server.call('POST', '/v1/users/password', { key, body: { password: body.password, newPassword } });
    expect((await change('short')).status).toBe(422);
    expect((await change('long enough to be one')).body.state).toBe('active');
    expect((await server.call('GET', '/v1/keys', { key })).status).toBe(200);
    expect((await server.call('GET', '/v1/sessions/self', { key: other.body.accessToken })).status).toBe(401);
    expect((await log(body.password)).status).toBe(401);
  });
});
