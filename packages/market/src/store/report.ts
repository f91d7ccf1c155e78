import { sql } from 'kysely';
import { compile } from './tables.ts';

export interface RevenueRow {
  /** Of a group: what is asked for, and for nodes the agent. */
  readonly name: string | null;
  readonly agent_id: string | null;
  readonly answers: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly billed_micro_usd: number;
  readonly billed_rest_pico_usd: number;
  readonly last_at_ms: number;
}

export interface RevenueQuery {
  readonly tenant: string;
  readonly column: 'node' | 'model' | 'caller';
  readonly from: string;
  readonly to: string;
  readonly limit: number;
}

/** What receipts that are agreed with come to, one row for each node, model or caller, the largest first. */
export function selectRevenue({ tenant, column, from, to, limit }: RevenueQuery) {
  return compile((db) =>
    db
      .selectFrom('receipts')
      .select([
        sql<string | null>`${sql.ref(column)}`.as('name'),
        sql<string | null>`max(agent_id)`.as('agent_id'),
        sql<number>`cast(count(task_id) as bigint)`.as('answers'),
        sql<number>`cast(sum(prompt_tokens) as bigint)`.as('prompt_tokens'),
        sql<number>`cast(sum(completion_tokens) as bigint)`.as('completion_tokens'),
        sql<number>`cast(sum(billed_micro_usd) as bigint)`.as('billed_micro_usd'),
        sql<number>`cast(sum(billed_rest_pico_usd) as bigint)`.as('billed_rest_pico_usd'),
        sql<number>`max(received_at_ms)`.as('last_at_ms'),
      ])
      .where('tenant', '=', tenant)
      .where('day', '>=', from)
      .where('day', '<=', to)
      .where('disputed', 'is', null)
      .where('outcome', 'in', ['served', 'partial'])
      .groupBy(column)
      .orderBy(sql`sum(billed_micro_usd) + sum(billed_rest_pico_usd) / 1000000`, 'desc')
      .orderBy(column)
      .limit(limit),
  );
}
