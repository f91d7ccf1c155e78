import { afterEach, beforeEach, expect, test } from 'vitest';
import { startServer, type TestServer } from '../http/start-server.ts';
import { people } from './person.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer({ bindOn: (ground) => ground.people.operations });
});
afterEach(() => server[Symbol.asyncDispose]());

const logIn = (password: string) => server.call('POST', '/v1/sessions', { body: { name: 'owner', password } });

test('[FD-04 passwords] each start gives the first owner a new password until there is one of their own', async () => {
  const first = (await server.people.ensureFirstOwner())!;
  const second = (await server.people.ensureFirstOwner())!;
  expect(second).toMatchObject({ name: 'owner' });
  expect((await logIn(first.password)).body.code).toBe('login_refused');
  const { accessToken: key } = (await logIn(second.password)).body as { accessToken: string };
  const body = { password: second.password, newPassword: 'a password of my own' };
  expect((await server.call('POST', '/v1/users/password', { key, body })).status).toBe(200);
  expect(await server.people.ensureFirstOwner()).toBeUndefined();
});

test('[FD-04 passwords] where people are there is no first owner to be made', async () => {
  await using other = await startServer({ beforehand: (database) => people(database, { ada: 'member' }) });
  expect(await other.people.ensureFirstOwner()).toBeUndefined();
});
