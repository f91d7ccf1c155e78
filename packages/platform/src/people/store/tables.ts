import type { Sealing } from '../../database/sealing-columns.ts';
import type { Role } from '../roles.ts';

export interface UserRow {
  id: string;
  name: string;
  tenant: string;
  role: Role;
  password_hash: string;
  /** 0 as long as it is one that somebody else gave. */
  password_is_own: 0 | 1;
  totp_seed: string | null;
  /** When a code of it was first shown; before that it counts for nothing. */
  totp_confirmed_at_ms: number | null;
  /** The newest step whose code was used; −1 for none. */
  totp_last_step: number;
  created_at_ms: number;
  created_by: string;
  disabled_at_ms: number | null;
}

/** One login: a family of refresh tokens, of which the newest generation alone may be used. */
export interface SessionRow {
  id: string;
  user_id: string;
  generation: number;
  created_at_ms: number;
  /** When its newest refresh token expires. */
  expires_at_ms: number;
  stepped_up_at_ms: number | null;
  ended_at_ms: number | null;
  end_reason: 'logout' | 'reuse' | 'disabled' | 'password' | null;
}

export interface PeopleTables {
  users: Sealing<UserRow, 'totp_seed'>;
  sessions: SessionRow;
}
