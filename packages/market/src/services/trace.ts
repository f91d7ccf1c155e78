import type { Hub } from '@reeve/hub';
import { MalformedRequest } from '@reeve/kernel';
import { bind, type BoundOperation, type Database } from '@reeve/platform';
import { readTrace, type TraceRequest } from '../api/trace.ts';
import { selectTrace, type TraceRow } from '../store/trace.ts';

export interface TraceParts {
  readonly hub: Pick<Hub, 'agent'>;
  readonly database: Database;
}

/** The handler of `market.trace`. */
export function traceOperation({ hub, database }: TraceParts): BoundOperation {
  return bind(readTrace, async ({ limit, cursor = '0', ...asked }, { caller }) => {
    if (!/^\d{1,15}$/.test(cursor)) throw MalformedRequest.error('the cursor is not one that a page of a trace gave');
    const query = selectTrace({ ...asked, tenant: caller.tenant, after: Number(cursor), limit: limit + 1 });
    const rows = await database.read<TraceRow>(query);
    const items = rows.slice(0, limit).map((row) => recorded(hub, row));
    return rows.length > limit ? { items, nextCursor: `${rows[limit - 1]!.seq}` } : { items };
  });
}

function recorded(hub: TraceParts['hub'], row: TraceRow): TraceRequest {
  const arrivedAtMs = beganAtMs(row.task_id);
  return {
    arrivedAtMs,
    durationMs: Math.max(0, row.ended_at_ms - arrivedAtMs),
    model: row.model,
    promptTokens: row.prompt_tokens,
    completionTokens: row.completion_tokens,
    node: (row.agent_id && hub.agent(row.agent_id)?.offer.name) || row.node,
    priceInputMicroUsd: row.price_input,
    priceOutputMicroUsd: row.price_output,
  };
}

/** Requests get their id, a UUIDv7, when they arrive: its first 48 bits are the time (RFC 9562, 5.7). */
function beganAtMs(taskId: string): number {
  return Number.parseInt(taskId.replaceAll('-', '').slice(0, 12), 16);
}
