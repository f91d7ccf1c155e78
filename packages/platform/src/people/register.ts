import type { Database } from '../database/index.ts';
import { readSessions } from './store/sessions.ts';
import type { SessionRow, UserRow } from './store/tables.ts';
import { readUsers } from './store/users.ts';

const pageSize = 500;

/** Everybody who can log in and every login whose tokens may still be shown, in memory; the database is behind it. */
export class Register {
  readonly #database: Database;
  readonly #users = new Map<string, UserRow>();
  readonly #idsByName = new Map<string, string>();
  readonly #sessions = new Map<string, SessionRow>();
  readonly listeners = new Set<() => void>();

  constructor(database: Database) {
    this.#database = database;
  }

  async load(nowMs: number): Promise<void> {
    await eachPage(
      (after) => readUsers(this.#database, after, pageSize),
      (row) => this.putUser(row),
    );
    await eachPage(
      (after) => readSessions(this.#database, after, nowMs, pageSize),
      (row) => this.putSession(row),
    );
  }

  user(id: string): UserRow | undefined {
    return this.#users.get(id);
  }

  named(name: string): UserRow | undefined {
    return this.#users.get(this.#idsByName.get(name) ?? '');
  }

  users(): UserRow[] {
    return [...this.#users.values()];
  }

  session(id: string): SessionRow | undefined {
    return this.#sessions.get(id);
  }

  sessionsOf(userId: string): SessionRow[] {
    return [...this.#sessions.values()].filter((session) => session.user_id === userId);
  }

  /** Takes a person as now stored. */
  putUser(row: UserRow): void {
    this.#users.set(row.id, row);
    this.#idsByName.set(row.name, row.id);
    this.#changed();
  }

  /** Takes a login as now stored. */
  putSession(row: SessionRow): void {
    this.#sessions.set(row.id, row);
    if (row.ended_at_ms !== null) this.#changed();
  }

  /** Forgets logins that have expired. */
  prune(nowMs: number): void {
    for (const [id, { expires_at_ms }] of this.#sessions) if (expires_at_ms <= nowMs) this.#sessions.delete(id);
  }

  #changed(): void {
    for (const listener of this.listeners) listener();
  }
}

async function eachPage<Row extends { readonly id: string }>(
  read: (after: string) => Promise<Row[]>,
  take: (row: Row) => void,
): Promise<void> {
  for (let after = ''; ;) {
    const rows = await read(after);
    for (const row of rows) take(row);
    if (rows.length < pageSize) return;
    after = rows.at(-1)!.id;
  }
}
