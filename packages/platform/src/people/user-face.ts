import type { User } from '../api/users.ts';
import type { UserRow } from './store/tables.ts';

/** A person as callers see them: no password, no seed. */
export function userFace(row: UserRow): User {
  return {
    id: row.id,
    name: row.name,
    tenant: row.tenant,
    role: row.role,
    state: row.disabled_at_ms !== null ? 'disabled' : row.password_is_own === 0 ? 'mustReplacePassword' : 'active',
    authenticator: row.totp_confirmed_at_ms !== null,
    createdAtMs: row.created_at_ms,
    createdBy: row.created_by,
    ...(row.disabled_at_ms === null ? {} : { disabledAtMs: row.disabled_at_ms }),
  };
}
