import type { Migration } from '../database/migrations.ts';
import { recordTables } from './001-record.ts';
import { accessAndOperations } from './002-access-and-operations.ts';
import { encryptionRotations } from './003-encryption-rotations.ts';
import { auditAnchors } from './005-audit-anchors.ts';
import { peopleAndSessions } from './004-people-and-sessions.ts';

/** The platform's own tables; a new migration goes at the end, with the next number. */
export const platformMigrations: readonly Migration[] = [
  recordTables,
  accessAndOperations,
  encryptionRotations,
  peopleAndSessions,
  auditAnchors,
];
