import type { ExpressionBuilder } from 'kysely';
import type { BoundStatement, Database } from '../../database/port.ts';
import { statementsFor } from '../../database/statement.ts';
import { placeOf, SealedText } from '../../sealing/index.ts';
import type { PeopleTables, UserRow } from './tables.ts';

const { statement } = statementsFor<PeopleTables>();

const insert = statement<Omit<UserRow, 'totp_seed' | 'totp_confirmed_at_ms' | 'totp_last_step' | 'disabled_at_ms'>>(
  (db, p) =>
    db.insertInto('users').values({
      id: p.id,
      name: p.name,
      tenant: p.tenant,
      role: p.role,
      password_hash: p.password_hash,
      password_is_own: p.password_is_own,
      totp_seed: null,
      totp_confirmed_at_ms: null,
      totp_last_step: -1,
      created_at_ms: p.created_at_ms,
      created_by: p.created_by,
      disabled_at_ms: null,
    }),
);

/** Fails on the unique name. */
export const insertUser = (row: UserRow): BoundStatement => insert.bind(row);

const page = statement<{ after: string; limit: number }>((db, p) =>
  db.selectFrom('users').selectAll().where('id', '>', p.after).orderBy('id').limit(p.limit),
);

export function readUsers(database: Database, after: string, limit: number): Promise<UserRow[]> {
  return database.read<UserRow>(page.bind({ after, limit }));
}

const byId = statement<{ id: string }>((db, p) => db.selectFrom('users').selectAll().where('id', '=', p.id));

/** Somebody who is known to be there. */
export async function readUser(database: Database, id: string): Promise<UserRow> {
  const [row] = await database.read<UserRow>(byId.bind({ id }));
  if (row === undefined) throw new Error(`there is no person ${id}`);
  return row;
}

const password = statement<{ id: string; hash: string; own: 0 | 1 }>((db, p) =>
  db.updateTable('users').set({ password_hash: p.hash, password_is_own: p.own }).where('id', '=', p.id),
);

export const setPassword = (id: string, hash: string, own: 0 | 1): BoundStatement => password.bind({ id, hash, own });

const seedPlace = (id: string): string => placeOf('users', 'totp_seed', id);

const seed = statement<{ id: string; seed: SealedText }>((db, p) =>
  db
    .updateTable('users')
    .set({ totp_seed: p.seed, totp_confirmed_at_ms: null, totp_last_step: -1 })
    .where('id', '=', p.id),
);

/** A seed that counts once a code of it has been shown. */
export const setSeed = (id: string, text: string): BoundStatement =>
  seed.bind({ id, seed: new SealedText(text, seedPlace(id)) });

export function openSeed(database: Database, { id, totp_seed }: UserRow): string | undefined {
  return totp_seed === null ? undefined : database.unsealed(totp_seed, seedPlace(id));
}

const useStep = statement<{ id: string; step: number; confirmedAtMs: number }>((db, p) =>
  db
    .updateTable('users')
    .set({ totp_last_step: p.step, totp_confirmed_at_ms: p.confirmedAtMs })
    .where('id', '=', p.id)
    .where('totp_last_step', '<', p.step),
);

/** Uses the code of a step up; changes no row when it, or a later one, was used already. */
export const useTotpStep = (id: string, step: number, confirmedAtMs: number): BoundStatement =>
  useStep.bind({ id, step, confirmedAtMs });

/** Whether somebody else is an owner who can log in, or this one is none. */
function anOwnerRemains(of: ExpressionBuilder<PeopleTables, 'users'>) {
  const other = of
    .selectFrom('users as other')
    .select('other.id')
    .whereRef('other.id', '<>', 'users.id')
    .where('other.role', '=', 'owner')
    .where('other.disabled_at_ms', 'is', null);
  return of.or([of('role', '<>', 'owner'), of.exists(other)]);
}

const disable = statement<{ id: string; nowMs: number }>((db, p) =>
  db
    .updateTable('users')
    .set({ disabled_at_ms: p.nowMs })
    .where('id', '=', p.id)
    .where('disabled_at_ms', 'is', null)
    .where(anOwnerRemains),
);

/** Changes no row for the last owner: the guard looked before, this holds when two are disabled at the same moment. */
export const disableUser = (id: string, nowMs: number): BoundStatement => disable.bind({ id, nowMs });

const role = statement<{ id: string; from: UserRow['role']; to: UserRow['role'] }>((db, p) =>
  db.updateTable('users').set({ role: p.to }).where('id', '=', p.id).where('role', '=', p.from).where(anOwnerRemains),
);

/** Changes no row for the last owner, or when the role is not the one it was. */
export const setRole = (id: string, from: UserRow['role'], to: UserRow['role']): BoundStatement =>
  role.bind({ id, from, to });

const forget = statement<{ id: string }>((db, p) =>
  db.updateTable('users').set({ totp_seed: null, totp_confirmed_at_ms: null }).where('id', '=', p.id),
);

/** The step that was used last stays: a code of the old authenticator never counts again. */
export const forgetAuthenticator = (id: string): BoundStatement => forget.bind({ id });
