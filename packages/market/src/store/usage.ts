import { sql } from 'kysely';
import type { UsageDimension } from '../api/usage.ts';
import { compile } from './tables.ts';

export interface UsageRow {
  readonly caller?: string | null;
  readonly model?: string;
  readonly node?: string;
  readonly agent_id?: string | null;
  readonly day?: string;
  readonly served: number;
  readonly partial: number;
  readonly failed: number;
  readonly idle: number;
  /** Served and partial, of receipts that are agreed with. */
  readonly answers: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly text_bytes: number;
  readonly billed_micro_usd: number;
  readonly billed_rest_pico_usd: number;
  readonly disputed: number;
}

export interface UsageQuery {
  readonly tenant: string;
  readonly by: readonly UsageDimension[];
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly offset: number;
  readonly limit: number;
}

const columnsOf = { key: ['caller'], model: ['model'], node: ['node', 'agent_id'], day: ['day'] } as const;

/** Sums over receipts, one row for each combination of what is asked for, in its order. */
export function selectUsage({ tenant, by, from, to, offset, limit }: UsageQuery) {
  const columns = by.flatMap((dimension) => [...columnsOf[dimension]]);
  return compile((db) => {
    let query = db
      .selectFrom('receipts')
      .select([
        ...columns,
        countOf('served'),
        countOf('partial'),
        countOf('failed'),
        countOf('idle'),
        sql<number>`cast(sum(case when disputed is null and outcome in ('served', 'partial') then 1 else 0 end) as bigint)`.as(
          'answers',
        ),
        sumOf('prompt_tokens'),
        sumOf('completion_tokens'),
        sumOf('text_bytes'),
        sumOf('billed_micro_usd'),
        sumOf('billed_rest_pico_usd'),
        sql<number>`cast(count(disputed) as bigint)`.as('disputed'),
      ])
      .where('tenant', '=', tenant)
      .groupBy(columns)
      .limit(limit)
      .offset(offset);
    for (const column of columns) query = query.orderBy(column);
    if (from !== undefined) query = query.where('day', '>=', from);
    if (to !== undefined) query = query.where('day', '<=', to);
    return query;
  });
}

function countOf<Outcome extends 'served' | 'partial' | 'failed' | 'idle'>(outcome: Outcome) {
  return sql<number>`cast(sum(case when outcome = ${sql.lit(outcome)} then 1 else 0 end) as bigint)`.as(outcome);
}

type Summed = 'prompt_tokens' | 'completion_tokens' | 'text_bytes' | 'billed_micro_usd' | 'billed_rest_pico_usd';

/** Of receipts that are agreed with. */
function sumOf<Column extends Summed>(column: Column) {
  const value = sql.ref(column);
  return sql<number>`cast(sum(case when disputed is null then coalesce(${value}, 0) else 0 end) as bigint)`.as(column);
}
