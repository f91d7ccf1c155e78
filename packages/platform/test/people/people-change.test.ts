import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listAudit } from '../../src/audit/index.ts';
import { startServer, type TestServer } from '../http/start-server.ts';
import { roles } from '../../src/people/roles.ts';
import { password, people, Person } from './person.ts';

let server: TestServer;
let ada: Person;
const step = 30_000;

beforeEach(async () => {
  server = await startServer({
    beforehand: (database) => people(database, { ada: 'owner', max: 'operator', eve: 'member' }),
    bindOn: ({ people: those }) => those.operations,
  });
  ada = await loggedIn('ada');
});
afterEach(() => server[Symbol.asyncDispose]());

async function loggedIn(name: string): Promise<Person> {
  const person = new Person(server, name);
  await person.logIn();
  return person;
}

async function idOf(name: string): Promise<string> {
  const { items } = (await ada.call('GET', '/v1/users')).body;
  return items.find((user: { name: string }) => user.name === name).id;
}

/** Of what was done, newest first. */
async function recordsOf(operation: string) {
  const { items } = await listAudit(server.database, { limit: 100 });
  return items.filter((record) => record.operation === operation && record.outcome === 'done');
}

describe('the role of a person', () => {
  const give = async (by: Person, name: string, role: string, query = '') =>
    by.call('POST', `/v1/users/${await idOf(name)}/role${query}`, { role });

  test('[FL-12] [FD-04 access] is given by who may as much and has shown a code, holds at once, and is on the audit record', async () => {
    const eve = await loggedIn('eve');
    expect((await eve.call('GET', '/v1/users')).body.code).toBe('not_found');
    expect((await give(ada, 'eve', 'operator')).body.code).toBe('step_up_required');
    await ada.enrol();
    const plan = (await give(ada, 'eve', 'operator', '?dryRun=true')).body.plan;
    expect(plan.effects).toMatchObject([{ verb: 'change', target: 'role', note: 'eve: member to operator' }]);
    expect((await give(ada, 'eve', 'operator')).body).toMatchObject({ name: 'eve', role: 'operator' });
    expect((await eve.call('GET', '/v1/users')).status).toBe(200);
    expect((await recordsOf('users.changeRole')).map(({ details }) => details)).toContainEqual(
      expect.objectContaining({ name: 'eve', from: 'member', to: 'operator' }),
    );
    expect((await give(ada, 'eve', 'king')).status).toBe(422);
    const nobody = '0198c0de-0000-7000-8000-000000000001';
    expect((await ada.call('POST', `/v1/users/${nobody}/role`, { role: 'viewer' })).body.code).toBe('not_found');
  });

  test('[FL-12] is never beyond whoever gives it, and an owner remains, also when two step down at once', async () => {
    // What a member may, and the care of people besides.
    const key = await server.key('users:write', 'users:read', ...roles.member);
    const by = async (name: string, role: string) =>
      server.call('POST', `/v1/users/${await idOf(name)}/role`, { key, body: { role } });
    expect((await by('eve', 'operator')).body.code).toBe('forbidden');
    expect((await by('eve', 'viewer')).status).toBe(200);
    expect((await by('max', 'viewer')).body.code).toBe('forbidden');
    await ada.enrol();
    expect((await give(ada, 'ada', 'member')).body.code).toBe('guard_denied');
    expect((await give(ada, 'max', 'owner')).status).toBe(200);
    const down = await Promise.all([give(ada, 'ada', 'operator'), give(ada, 'max', 'operator')]);
    expect(down.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 403]);
    const { items } = (await ada.call('GET', '/v1/users')).body;
    expect(items.filter(({ role }: { role: string }) => role === 'owner')).toHaveLength(1);
  });
});

describe('a password that was lost', () => {
  const reset = async (by: Person, name: string, more: object = {}) =>
    by.call('POST', `/v1/users/${await idOf(name)}/reset-password`, more);

  test('[FL-12] [FD-04 passwords] is replaced by one that has to be replaced, shown once; every login ends', async () => {
    const eve = await loggedIn('eve');
    await eve.enrol();
    expect((await reset(ada, 'eve')).body.code).toBe('step_up_required');
    await ada.enrol();
    const answer = (await reset(ada, 'eve')).body;
    expect(answer).toMatchObject({ state: 'mustReplacePassword', authenticator: true });
    expect(await eve.isIn()).toBe(false);
    expect((await eve.logIn()).body.code).toBe('login_refused');
    expect((await eve.logIn({ password: answer.password })).body.code).toBe('code_required');
    server.clock.advance(step);
    expect((await eve.logIn({ password: answer.password, code: eve.code() })).body.mustReplacePassword).toBe(true);
    expect((await eve.call('GET', '/v1/users')).body.code).toBe('not_found');
    const changed = await eve.call('POST', '/v1/users/password', { password: answer.password, newPassword: password });
    expect(changed.body.state).toBe('active');
    expect(JSON.stringify(await recordsOf('users.resetPassword'))).not.toContain(answer.password);
  });

  test('[FL-12] and with it the authenticator, where that is lost too; not one’s own, and nobody’s who may more', async () => {
    const eve = await loggedIn('eve');
    await eve.enrol();
    await ada.enrol();
    const answer = (await reset(ada, 'eve', { forgetAuthenticator: true })).body;
    expect(answer).toMatchObject({ authenticator: false });
    expect((await eve.logIn({ password: answer.password })).status).toBe(201);
    expect((await reset(ada, 'ada')).status).toBe(422);
    const key = await server.key('users:write', 'users:read', 'self:use');
    const path = `/v1/users/${await idOf('ada')}/reset-password`;
    expect((await server.call('POST', path, { key, body: {} })).body.code).toBe('forbidden');
  });
});
