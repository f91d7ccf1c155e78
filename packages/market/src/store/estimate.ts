import { statement } from './tables.ts';

export interface MeasuredAnswerRow {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly prompt_bound: number;
}

/** So many of the newest receipts are looked through: those of a model that is rarely asked for may be among them or not. */
const newest = 2_000;

/** The newest whole answers of a model, by receipts that are agreed with. */
export const selectMeasuredAnswers = statement<{ tenant: string; model: string; limit: number }>((db, p) =>
  db
    .selectFrom((from) =>
      from
        .selectFrom('receipts')
        .selectAll()
        .where('tenant', '=', p.tenant)
        .orderBy('seq', 'desc')
        .limit(newest)
        .as('newest'),
    )
    .innerJoin('answers', 'answers.task_id', 'newest.task_id')
    .select(['newest.prompt_tokens', 'newest.completion_tokens', 'answers.prompt_bound'])
    .where('newest.model', '=', p.model)
    .where('newest.outcome', '=', 'served')
    .where('newest.disputed', 'is', null)
    .orderBy('newest.seq', 'desc')
    .limit(p.limit),
);
