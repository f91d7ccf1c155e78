import { formatDurationMs, formatMoney, type OutputOf } from '@reeve/kernel';
import type { KnownOperation } from '@reeve/sdk';
import type { ConnectionFlags } from '../connection.ts';
import type { Session } from '../session.ts';
import { durationOf } from './pricing.ts';
import { amountOf } from './node-pricing.ts';

export interface ReportFlags extends ConnectionFlags {
  readonly by: 'node' | 'model' | 'key';
  readonly from?: string;
  readonly to?: string;
  readonly cost?: string[];
  readonly exposureLimit?: string;
  readonly idleAfter?: string;
  readonly json?: boolean;
}

type Report = OutputOf<Extract<KnownOperation, { name: 'market.report' }>>;

/** `reeve market report`: revenue, profit, concentration and idle hosts. */
export async function marketReport(session: Session, flags: ReportFlags): Promise<void> {
  const client = await session.connect(flags, 'user');
  const query = { ...queryOf(flags), limit: 500 };
  let report = await client.market.report(query);
  const items = [...report.items];
  while (report.nextCursor !== undefined) {
    report = await client.market.report({ ...query, cursor: report.nextCursor });
    items.push(...report.items);
  }
  const { nextCursor: _, ...whole } = { ...report, items };
  if (flags.json) return session.terminal.print(JSON.stringify(whole));
  for (const line of textOf(whole, flags.by)) session.terminal.print(line);
}

function queryOf({ by, from, to, cost = [], exposureLimit, idleAfter }: ReportFlags) {
  return {
    by,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    costs: cost,
    ...(exposureLimit !== undefined && { exposureLimitMicroUsd: amountOf('--exposure-limit', exposureLimit) }),
    ...(idleAfter !== undefined && { idleAfterMs: durationOf('--idle-after', idleAfter) }),
  };
}

function textOf(report: Omit<Report, 'nextCursor'>, by: string): string[] {
  const { concentration, idle = [], items, complete } = report;
  const rows = [
    [by, 'answers', 'tokens in', 'out', 'revenue', ...(by === 'node' ? ['costs', 'profit'] : []), 'over limit'],
    ...items.map(rowOf),
  ];
  const share = `${(concentration.topTenthShare * 100).toFixed(1)} %`;
  return [
    `${report.from} to ${report.to}: ${usd(report.revenueMicroUsd)}`,
    `the top tenth of ${concentration.holders} has ${share}; Herfindahl index ${concentration.herfindahl} of 10000`,
    ...(complete ? [] : ['more than 10,000: the smallest are left out']),
    '',
    ...aligned(rows),
    ...(idle.length === 0 ? [] : ['', 'idle: turn them off until they are needed']),
    ...idle.map(({ node, idleMs, costMicroUsd }) => `  ${node}  for ${formatDurationMs(idleMs)}, ${usd(costMicroUsd)}`),
  ];
}

function rowOf({
  name,
  answers,
  promptTokens,
  completionTokens,
  revenueMicroUsd,
  costs,
  overLimitMicroUsd,
}: Report['items'][number]) {
  const over = overLimitMicroUsd === undefined ? '' : usd(overLimitMicroUsd);
  const cells = [name, `${answers}`, `${promptTokens}`, `${completionTokens}`, usd(revenueMicroUsd)];
  if (costs === undefined) return [...cells, over];
  const spent = BigInt(revenueMicroUsd) - BigInt(costs.profitMicroUsd);
  return [...cells, usd(`${spent}`), usd(costs.profitMicroUsd), over];
}

function aligned(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
      .join('  ')
      .trimEnd(),
  );
}

function usd(microUsd: string): string {
  return formatMoney({ amount: BigInt(microUsd), currency: 'microUsd' });
}
