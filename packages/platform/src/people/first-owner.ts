import type { PeopleParts } from './components.ts';
import { newUser } from './create-user.ts';
import { hashPassword, oneTimePassword } from './password.ts';
import { insertUser, setPassword } from './store/users.ts';

const bootstrap = 'system:bootstrap';

export interface FirstOwner {
  readonly name: string;
  /** Shown once and kept nowhere. */
  readonly password: string;
}

/**
 * The credential with which a new installation begins: an owner with a password that has to be replaced. Until it is,
 * each call makes a new one in its place, for one that nobody has written down must not lock everybody out. Nothing once
 * anybody has a password of their own.
 */
export async function ensureFirstOwner(parts: PeopleParts): Promise<FirstOwner | undefined> {
  const { register, database, clock } = parts;
  const users = register.users();
  const first = users.find(({ created_by: by }) => by === bootstrap);
  if (users.length > (first ? 1 : 0) || first?.password_is_own === 1) return undefined;
  const password = oneTimePassword();
  const given = { name: 'owner', role: 'owner', tenant: 'default', password, createdBy: bootstrap } as const;
  const row = first ? { ...first, password_hash: await hashPassword(password) } : await newUser(given, clock.nowMs());
  const statement = first ? setPassword(row.id, row.password_hash, 0) : insertUser(row);
  const audit = {
    actor: bootstrap,
    tenant: row.tenant,
    operation: 'users.create',
    outcome: 'done' as const,
    target: `user:${row.id}`,
    correlationId: bootstrap,
    details: { name: row.name, role: row.role },
  };
  await database.commit({ statements: [{ ...statement, expectRows: 1 }], audit: [audit] });
  register.putUser(row);
  return { name: row.name, password };
}
