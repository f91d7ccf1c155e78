import type { Hub } from '@reeve/hub';
import { billableMicroUsd, MalformedRequest } from '@reeve/kernel';
import { bind, type BoundOperation, type Database } from '@reeve/platform';
import { showUsage, type Usage } from '../api/usage.ts';
import { selectUsage, type UsageRow } from '../store/usage.ts';

const picoPerMicro = 1_000_000n;

export interface UsageParts {
  readonly hub: Pick<Hub, 'agent'>;
  readonly database: Database;
}

/** The handler of `usage.show`. A page goes on by the number of rows before it: rows of days gone by do not move. */
export function usageOperations({ hub, database }: UsageParts): BoundOperation[] {
  return [
    bind(showUsage, async ({ limit, cursor = '0', ...asked }, { caller }) => {
      if (!/^\d{1,9}$/.test(cursor)) throw MalformedRequest.error('the cursor is not one that a page of usage gave');
      const offset = Number(cursor);
      const query = selectUsage({ ...asked, tenant: caller.tenant, offset, limit: limit + 1 });
      const rows = await database.read<UsageRow>(query);
      const items = rows.slice(0, limit).map((row) => usageView(hub, row));
      return rows.length > limit ? { items, nextCursor: `${offset + limit}` } : { items };
    }),
  ];
}

function usageView(hub: UsageParts['hub'], row: UsageRow): Usage {
  const { caller, model, node, agent_id: agentId, day } = row;
  const picoUsd = BigInt(row.billed_micro_usd) * picoPerMicro + BigInt(row.billed_rest_pico_usd);
  return {
    ...(caller !== undefined && { key: caller ?? '' }),
    ...(model !== undefined && { model }),
    ...(node !== undefined && { node: (agentId && hub.agent(agentId)?.offer.name) || node }),
    ...(day !== undefined && { day }),
    served: row.served,
    partial: row.partial,
    failed: row.failed,
    idle: row.idle,
    promptTokens: row.prompt_tokens,
    completionTokens: row.completion_tokens,
    textBytes: row.text_bytes,
    costMicroUsd: `${billableMicroUsd(picoUsd)}`,
    ...(row.answers > 0 && { meanCostMicroUsd: `${billableMicroUsd(picoUsd / BigInt(row.answers))}` }),
    disputed: row.disputed,
  };
}
