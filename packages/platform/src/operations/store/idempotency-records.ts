import type { BoundStatement, Database } from '../../database/port.ts';
import { statementsFor } from '../../database/statement.ts';
import { placeOf, SealedText } from '../../sealing/sealed-text.ts';
import type { OperationTables } from './tables.ts';

const { statement } = statementsFor<OperationTables>();

/** What an idempotency key names: the same text in another tenant or for another operation is another key. */
export interface AnswerScope {
  readonly tenant: string;
  readonly operation: string;
  readonly key: string;
}

export interface StoredAnswer {
  readonly bodyHash: string;
  readonly state: 'done' | 'unverified';
  readonly answer: string;
  readonly expiresAtMs: number;
}

const find = statement<AnswerScope>((db, p) =>
  db
    .selectFrom('idempotency_records')
    .select(['body_hash as bodyHash', 'state', 'answer', 'expires_at_ms as expiresAtMs'])
    .where('tenant', '=', p.tenant)
    .where('operation', '=', p.operation)
    .where('idempotency_key', '=', p.key),
);

export async function findAnswer(database: Database, scope: AnswerScope): Promise<StoredAnswer | undefined> {
  const rows = await database.read<StoredAnswer>(find.bind(scope));
  return rows[0] && { ...rows[0], answer: database.unsealed(rows[0].answer, placeOfAnswer(scope)) };
}

/** Takes the key, or takes it over from a record that has expired; changes no row when the key is in use. */
const keep = statement<AnswerScope & Omit<StoredAnswer, 'answer'> & { answer: SealedText; nowMs: number }>((db, p) =>
  db
    .insertInto('idempotency_records')
    .values({
      tenant: p.tenant,
      operation: p.operation,
      idempotency_key: p.key,
      body_hash: p.bodyHash,
      state: p.state,
      answer: p.answer,
      expires_at_ms: p.expiresAtMs,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['tenant', 'operation', 'idempotency_key'])
        .doUpdateSet((excluded) => ({
          body_hash: excluded.ref('excluded.body_hash'),
          state: excluded.ref('excluded.state'),
          answer: excluded.ref('excluded.answer'),
          expires_at_ms: excluded.ref('excluded.expires_at_ms'),
        }))
        .where('idempotency_records.expires_at_ms', '<=', p.nowMs),
    ),
);

export function keepAnswer(scope: AnswerScope, stored: StoredAnswer, nowMs: number): BoundStatement {
  return keep.bind({ ...scope, ...stored, answer: new SealedText(stored.answer, placeOfAnswer(scope)), nowMs });
}

/** Answers hold what operations give back, and with it what tasks are about. */
function placeOfAnswer({ tenant, operation, key }: AnswerScope): string {
  return placeOf('idempotency_records', 'answer', tenant, operation, key);
}

const settle = statement<AnswerScope>((db, p) =>
  db
    .updateTable('idempotency_records')
    .set({ state: 'done' })
    .where('tenant', '=', p.tenant)
    .where('operation', '=', p.operation)
    .where('idempotency_key', '=', p.key),
);

/** What ran was verified: its answer holds. */
export const settleAnswer = (scope: AnswerScope): BoundStatement => settle.bind(scope);

const forget = statement<AnswerScope>((db, p) =>
  db
    .deleteFrom('idempotency_records')
    .where('tenant', '=', p.tenant)
    .where('operation', '=', p.operation)
    .where('idempotency_key', '=', p.key),
);

/** What ran was rolled back: the key is free for another try. */
export const forgetAnswer = (scope: AnswerScope): BoundStatement => forget.bind(scope);

const prune = statement<{ nowMs: number; limit: number }>((db, p) =>
  db.deleteFrom('idempotency_records').where(
    (of) => of.refTuple('tenant', 'operation', 'idempotency_key'),
    'in',
    (of) =>
      of
        .selectFrom('idempotency_records')
        .select(['tenant', 'operation', 'idempotency_key'])
        .where('expires_at_ms', '<=', p.nowMs)
        .orderBy('expires_at_ms')
        .limit(p.limit)
        .$asTuple('tenant', 'operation', 'idempotency_key'),
  ),
);

/** Deletes at most `limit` expired records. */
export const pruneAnswers = (nowMs: number, limit: number): BoundStatement => prune.bind({ nowMs, limit });
