import { Forbidden, NotFound } from '@reeve/kernel';
import { permissionsBeyond } from '../api/permissions.ts';
import type { Call } from '../operations/index.ts';
import type { PeopleParts } from './components.ts';
import { roles, type Role } from './roles.ts';
import type { UserRow } from './store/tables.ts';

/** @throws NotFound for somebody of another tenant as for nobody. */
export function visibleUser({ register }: PeopleParts, id: string, call: Call): UserRow {
  const user = register.user(id);
  if (user && (user.tenant === call.caller.tenant || call.may('tenants:any'))) return user;
  throw NotFound.error(`there is no person ${id}`);
}

/** Nobody gives, takes or takes over what is beyond themselves. @throws Forbidden naming it. */
export function assertWithin({ caller }: Call, role: Role): void {
  const beyond = permissionsBeyond(caller.permissions, roles[role]);
  if (beyond.length === 0) return;
  throw Forbidden.error(`${role} may more than you: ${beyond.join(', ')}`, { details: { beyond } });
}

/** Logins that have not ended. */
export function openLogins({ register }: PeopleParts, id: string): number {
  return register.sessionsOf(id).filter((session) => session.ended_at_ms === null).length;
}
