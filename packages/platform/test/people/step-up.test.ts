import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keyOperations } from '../../src/access/index.ts';
import { useTotpStep } from '../../src/people/store/users.ts';
import { startServer, type TestServer } from '../http/start-server.ts';
import { people, Person } from './person.ts';

let server: TestServer;
let ada: Person;

beforeEach(async () => {
  server = await startServer({
    beforehand: (database) => people(database, { ada: 'owner', max: 'operator', eve: 'owner' }),
    bindOn: ({ people: those, access, database, clock }) => [
      ...those.operations,
      ...keyOperations({ access, database, clock }),
    ],
  });
  ada = new Person(server, 'ada');
  await ada.logIn();
});
afterEach(() => server[Symbol.asyncDispose]());

const createKey = (person: Person) => person.call('POST', '/v1/keys', { name: 'k', permissions: ['tasks:read'] });
const step = 30_000;

describe('step-up', () => {
  test('[FL-12] [FD-04 access] a person needs a fresh code for what gives rights or has consequences; a key does not', async () => {
    expect((await createKey(ada)).body.code).toBe('step_up_required');
    await ada.enrol();
    const made = await createKey(ada);
    expect(made.status).toBe(201);
    server.clock.advance(10 * 60_000);
    const path = `/v1/keys/${made.body.id}/revoke`;
    expect((await ada.call('POST', path)).body.code).toBe('step_up_required');
    expect((await ada.call('GET', '/v1/keys')).status).toBe(200);
    expect((await ada.call('POST', '/v1/sessions/step-up', { code: ada.code() })).status).toBe(200);
    expect((await ada.call('POST', path)).status).toBe(200);
    const key = await server.key('keys:*', 'tasks:read');
    expect(
      (await server.call('POST', '/v1/keys', { key, body: { name: 'k', permissions: ['tasks:read'] } })).status,
    ).toBe(201);
  });

  test('[FD-04 access] a code works once, also for two that show it at the same moment; wrong ones are slowed down', async () => {
    await ada.enrol();
    const up = (code: string) => ada.call('POST', '/v1/sessions/step-up', { code });
    expect((await up(ada.code())).body.code).toBe('code_refused');
    server.clock.advance(step);
    const both = await Promise.all([up(ada.code()), up(ada.code())]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401]);
    server.clock.advance(step);
    server.clock.jump(-60 * 60_000);
    expect((await up(ada.code())).body.code).toBe('code_refused');
    const wrong = await Promise.all(Array.from({ length: 6 }, () => up('000000')));
    expect(wrong.map(({ status }) => status)).toContain(429);
    server.clock.jump(60 * 60_000);
    server.clock.advance(5 * step);
    expect((await up(ada.code())).status).toBe(200);
  });

  test('[FD-04 access] of two units that use one step of an authenticator, the record takes one', async () => {
    await ada.enrol();
    const [row] = await server.database.read<{ id: string; totp_last_step: number }>({
      sql: 'SELECT id, totp_last_step FROM users WHERE name = ?',
      params: ['ada'],
    });
    const nextStep = row!.totp_last_step + 1;
    const use = () => server.database.commit({ statements: [{ ...useTotpStep(row!.id, nextStep, 1), expectRows: 1 }] });
    const outcomes = await Promise.allSettled([use(), use()]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  test('[FD-04 access] with an authenticator a password is not enough to log in', async () => {
    await ada.enrol();
    expect((await ada.logIn()).body.code).toBe('code_required');
    expect((await ada.logIn({ code: ada.code() })).body.code).toBe('code_refused');
    server.clock.advance(step);
    expect((await ada.logIn({ code: ada.code() })).status).toBe(201);
    expect((await ada.call('GET', '/v1/sessions/self')).body).toMatchObject({ authenticator: true, steppedUp: true });
  });

  test('[FD-04 access] an authenticator is replaced only by who shows a code of it', async () => {
    await ada.enrol();
    server.clock.advance(11 * 60_000);
    expect((await ada.call('POST', '/v1/totp/enrol')).body.code).toBe('step_up_required');
  });
});

describe('people', () => {
  test('[FL-12] nobody makes anybody who may more than themselves, and a name is taken once', async () => {
    const max = new Person(server, 'max');
    await max.logIn();
    await max.enrol();
    expect((await max.call('POST', '/v1/users', { name: 'x', role: 'viewer' })).body.code).toBe('forbidden');
    await ada.enrol();
    expect((await ada.call('POST', '/v1/users', { name: 'max', role: 'viewer' })).status).toBe(422);
    const names = (await ada.call('GET', '/v1/users')).body.items.map(({ name }: { name: string }) => name);
    expect(names.toSorted()).toEqual(['ada', 'eve', 'max']);
  });

  test('[FD-04 access] whoever is disabled is out at once; the last owner cannot be', async () => {
    const eve = new Person(server, 'eve');
    await eve.logIn();
    await ada.enrol();
    const idOf = async (name: string) =>
      (await ada.call('GET', '/v1/users')).body.items.find((user: { name: string }) => user.name === name).id as string;
    expect((await ada.call('POST', `/v1/users/${await idOf('eve')}/disable`)).body.state).toBe('disabled');
    expect(await eve.isIn()).toBe(false);
    expect((await eve.refreshWith(eve.refresh)).body.code).toBe('session_ended');
    expect((await eve.logIn()).body.code).toBe('login_refused');
    expect((await ada.call('POST', `/v1/users/${await idOf('ada')}/disable`)).body.code).toBe('guard_denied');
  });

  test('[FD-04 access] an API key is nobody’s login', async () => {
    const key = await server.key('*');
    expect((await server.call('POST', '/v1/totp/enrol', { key })).body.code).toBe('forbidden');
  });
});
