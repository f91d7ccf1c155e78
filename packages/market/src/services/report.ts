import type { Hub } from '@reeve/hub';
import { billableMicroUsd, MalformedRequest, type Clock, type InputOf, type OutputOf } from '@reeve/kernel';
import { bind, type BoundOperation, type Database } from '@reeve/platform';
import { showReport, type ReportLine } from '../api/report.ts';
import { concentrationOf } from '../domain/profit/concentration.ts';
import { costsOfHosts, type HostCosts } from '../domain/profit/host-costs.ts';
import { profitOf } from '../domain/profit/profit.ts';
import { selectRevenue, type RevenueRow } from '../store/report.ts';

/**
 * Groups that are looked at, the largest first. All receipts of the period are read for them: 200,000 of 1,000 nodes took
 * 1.3 s on two busy cores.
 */
const mostGroups = 10_000;
const mostIdle = 100;
const dayMs = 86_400_000;
const defaultDays = 30;

export interface ReportParts {
  readonly hub: Pick<Hub, 'agent' | 'offered'>;
  readonly database: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
}

type Asked = InputOf<typeof showReport>;

/** One node, model or key with what it came to. */
interface Group {
  readonly name: string;
  readonly picoUsd: bigint;
  readonly row: RevenueRow;
}

interface Period {
  readonly from: string;
  readonly to: string;
  readonly beganAtMs: number;
  /** Never in the future. */
  readonly endedAtMs: number;
}

/** The handler of `market.report`. */
export function reportOperation(parts: ReportParts): BoundOperation {
  return bind(showReport, async (asked, { caller }) => marketReport(parts, asked, caller.tenant));
}

/** Revenue, costs and shares of one tenant's requests. */
export async function marketReport(
  parts: ReportParts,
  asked: Asked,
  tenant: string,
): Promise<OutputOf<typeof showReport>> {
  const period = periodOf(asked, parts.clock.nowMs());
  const groups = await groupsBy(parts, asked.by, tenant, period);
  const costs = costsOfHosts(asked.costs);
  const known = groups.slice(0, mostGroups);
  const start = startOf(asked.cursor);
  const end = start + asked.limit;
  const registered = registrations(parts.hub);
  return {
    from: period.from,
    to: period.to,
    revenueMicroUsd: `${billableMicroUsd(known.reduce((sum, { picoUsd }) => sum + picoUsd, 0n))}`,
    concentration: concentrationOf(known.map(({ picoUsd }) => picoUsd)),
    complete: groups.length <= mostGroups,
    items: known.slice(start, end).map((group) => lineOf(group, asked, period, costs, registered)),
    ...(end < known.length && { nextCursor: `${end}` }),
    ...(asked.by === 'node' && { idle: idleNodes(parts, groups, asked.idleAfterMs, period, costs) }),
  };
}

function periodOf({ from, to }: Asked, nowMs: number): Period {
  const last = to ?? dayOf(nowMs);
  const first = from ?? dayOf(Date.parse(last) - (defaultDays - 1) * dayMs);
  if (first > last) throw MalformedRequest.error(`the first day, ${first}, is after the last, ${last}`);
  const beganAtMs = Date.parse(first);
  return {
    from: first,
    to: last,
    beganAtMs,
    endedAtMs: Math.max(beganAtMs, Math.min(nowMs, Date.parse(last) + dayMs)),
  };
}

function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

function startOf(cursor = '0'): number {
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor);
  throw MalformedRequest.error('the cursor is not one that a page of the report gave');
}

async function groupsBy({ hub, database }: ReportParts, by: Asked['by'], tenant: string, { from, to }: Period) {
  const column = by === 'key' ? 'caller' : by;
  const rows = await database.read<RevenueRow>(selectRevenue({ tenant, column, from, to, limit: mostGroups + 1 }));
  return rows.map((row): Group => {
    const known = by === 'node' && row.agent_id !== null ? hub.agent(row.agent_id)?.offer.name : undefined;
    const picoUsd = BigInt(row.billed_micro_usd) * 1_000_000n + BigInt(row.billed_rest_pico_usd);
    return { name: known ?? row.name ?? '', picoUsd, row };
  });
}

function lineOf(
  { name, picoUsd, row }: Group,
  { by, exposureLimitMicroUsd: limit }: Asked,
  { beganAtMs, endedAtMs }: Period,
  costs: (node: string) => HostCosts,
  registered: ReadonlyMap<string, number>,
): ReportLine {
  const revenue = billableMicroUsd(picoUsd);
  const runsMs = Math.max(0, endedAtMs - Math.max(beganAtMs, registered.get(row.agent_id ?? '') ?? 0));
  const over = limit === undefined ? 0n : revenue - BigInt(limit);
  return {
    name,
    answers: row.answers,
    promptTokens: row.prompt_tokens,
    completionTokens: row.completion_tokens,
    revenueMicroUsd: `${revenue}`,
    ...(by === 'node' && { costs: inDigits(profitOf(revenue, costs(name), runsMs)) }),
    ...(over > 0n && { overLimitMicroUsd: `${over}` }),
  };
}

function inDigits<Key extends string>(amounts: Readonly<Record<Key, bigint>>): Record<Key, string> {
  return Object.fromEntries(Object.entries<bigint>(amounts).map(([name, amount]) => [name, `${amount}`])) as Record<
    Key,
    string
  >;
}

function registrations(hub: ReportParts['hub']): Map<string, number> {
  return new Map([...hub.offered('llm.')].map(({ agentId, registeredAtMs }) => [agentId, registeredAtMs]));
}

/** Nodes that are online and have served nothing for long: what they cost since then is what turning them off would save. */
function idleNodes(
  { hub, clock }: ReportParts,
  served: readonly Group[],
  idleAfterMs: number,
  { beganAtMs }: Period,
  costs: (node: string) => HostCosts,
) {
  const lastByAgent = new Map(served.map(({ row }) => [row.agent_id, row.last_at_ms]));
  const online = new Map([...hub.offered('llm.')].filter(({ state }) => state === 'online').map((o) => [o.agentId, o]));
  const nowMs = clock.nowMs();
  return [...online.values()]
    .map(({ agentId, agentName: node, registeredAtMs }) => {
      const lastServedAtMs = lastByAgent.get(agentId);
      const idleMs = Math.max(0, nowMs - (lastServedAtMs ?? Math.max(registeredAtMs, beganAtMs)));
      const { machineMicroUsd, energyMicroUsd } = profitOf(0n, costs(node), idleMs);
      const costMicroUsd = `${machineMicroUsd + energyMicroUsd}`;
      return { node, ...(lastServedAtMs !== undefined && { lastServedAtMs }), idleMs, costMicroUsd };
    })
    .filter(({ idleMs }) => idleMs >= idleAfterMs)
    .sort((a, b) => b.idleMs - a.idleMs)
    .slice(0, mostIdle);
}
