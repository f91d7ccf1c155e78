import { permits, type Permission } from '@reeve/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  assertKnownPermissions,
  knownPermissions,
  permissionCatalogue,
  permissionsBeyond,
  unknownPermissionMessage,
} from '../../src/api/permissions.ts';

const anyPermissions = fc.subarray([...knownPermissions]);

test('what is given covers nothing that the giver was not permitted', () => {
  fc.assert(
    fc.property(anyPermissions, anyPermissions, (own, wanted) => {
      const given = wanted.filter((permission) => !permissionsBeyond(own, wanted).includes(permission));
      // `tasks:later` stands for a permission that joins a domain in some later version.
      const all: Permission[] = [...permissionCatalogue.map(({ name }) => name), 'tasks:later'];
      expect(all.filter((name) => permits(given, name) && !permits(own, name))).toEqual([]);
    }),
  );
});

test('listing all of a domain is not its wildcard', () => {
  expect(permissionsBeyond(['tasks:read', 'tasks:write'], ['tasks:*'])).toEqual(['tasks:*']);
  expect(permissionsBeyond(['tasks:*'], ['tasks:read', 'tasks:*'])).toEqual([]);
  expect(permissionsBeyond(['*'], ['*', 'tasks:*', 'keys:read'])).toEqual([]);
});

test('an unknown permission names the nearest, and nothing can ask for one', () => {
  expect(unknownPermissionMessage('task:write')).toMatch(/did you mean tasks:write/);
  expect(() => assertKnownPermissions('tasks.create', ['tasks:wirte'])).toThrow(
    /tasks.create: .*did you mean tasks:write/,
  );
});
