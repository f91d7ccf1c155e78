import { Forbidden, InvalidInput, uuidv7 } from '@reeve/kernel';
import type { createUser } from '../api/users.ts';
import { ExpectationFailed } from '../database/index.ts';
import type { Handler } from '../operations/index.ts';
import type { PeopleParts } from './components.ts';
import { hashPassword, oneTimePassword } from './password.ts';
import type { Role } from './roles.ts';
import type { UserRow } from './store/tables.ts';
import { insertUser } from './store/users.ts';
import { userFace } from './user-face.ts';
import { assertWithin } from './visible-user.ts';

export function createUserHandler(parts: PeopleParts): Handler<typeof createUser> {
  return async ({ name, role, tenant = '' }, call) => {
    assertWithin(call, role);
    if (tenant !== '' && tenant !== call.caller.tenant && !call.may('tenants:any'))
      throw Forbidden.error(`a person in the tenant ${tenant} needs the permission tenants:any`);
    const password = oneTimePassword();
    const given = { name, role, tenant: tenant || call.caller.tenant, password, createdBy: call.caller.identity };
    const row = await newUser(given, parts.clock.nowMs());
    const face = userFace(row);
    try {
      // The answer that is kept for the idempotency key is the one without the password.
      await call.commit(
        {
          statements: [{ ...insertUser(row), expectRows: 1 }],
          events: [{ type: 'user.created', tenant: row.tenant, subject: `user:${row.id}`, data: { name, role } }],
        },
        face,
        { target: `user:${row.id}`, details: { name, role } },
      );
    } catch (error) {
      if (!ExpectationFailed.is(error)) throw error;
      throw InvalidInput.error(`there is a person ${name} already`, {
        issues: [{ path: ['name'], message: 'is taken' }],
      });
    }
    parts.register.putUser(row);
    return { ...face, password };
  };
}

export interface NewUser {
  readonly name: string;
  readonly role: Role;
  readonly tenant: string;
  /** One that has to be replaced. */
  readonly password: string;
  readonly createdBy: string;
}

export async function newUser({ password, createdBy, ...given }: NewUser, nowMs: number): Promise<UserRow> {
  return {
    ...given,
    id: uuidv7(nowMs),
    password_hash: await hashPassword(password),
    password_is_own: 0,
    totp_seed: null,
    totp_confirmed_at_ms: null,
    totp_last_step: -1,
    created_at_ms: nowMs,
    created_by: createdBy,
    disabled_at_ms: null,
  };
}
