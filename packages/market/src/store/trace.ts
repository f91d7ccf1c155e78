import { compile } from './tables.ts';

export interface TraceRow {
  readonly seq: number;
  readonly task_id: string;
  readonly model: string;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly node: string;
  readonly agent_id: string | null;
  readonly price_input: string;
  readonly price_output: string;
  readonly ended_at_ms: number;
}

export interface TraceQuery {
  readonly tenant: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** `seq` of the last one that is known. */
  readonly after: number;
  readonly limit: number;
}

/** Requests that were given something, by receipts that are agreed with, oldest receipt first. */
export function selectTrace({ tenant, from, to, after, limit }: TraceQuery) {
  return compile((db) => {
    let query = db
      .selectFrom('receipts')
      .innerJoin('answers', 'answers.task_id', 'receipts.task_id')
      .select([
        'receipts.seq',
        'receipts.task_id',
        'receipts.model',
        'receipts.prompt_tokens',
        'receipts.completion_tokens',
        'receipts.node',
        'receipts.agent_id',
        'answers.price_input',
        'answers.price_output',
        'answers.ended_at_ms',
      ])
      .where('receipts.tenant', '=', tenant)
      .where('receipts.seq', '>', after)
      .where('receipts.disputed', 'is', null)
      .where('receipts.outcome', 'in', ['served', 'partial'])
      .where('answers.price_input', 'is not', null)
      .orderBy('receipts.seq')
      .limit(limit);
    if (from !== undefined) query = query.where('receipts.day', '>=', from);
    if (to !== undefined) query = query.where('receipts.day', '<=', to);
    return query;
  });
}
