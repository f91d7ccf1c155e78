import { formatMoney, type OutputOf } from '@reeve/kernel';
import type { KnownOperation } from '@reeve/sdk';
import type { ConnectionFlags } from '../connection.ts';
import { UsageError } from '../errors.ts';
import type { Session } from '../session.ts';

export interface UsageFlags extends ConnectionFlags {
  readonly by?: string;
  readonly from?: string;
  readonly to?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
}

const dimensions = ['key', 'model', 'node', 'day'] as const;
type Dimension = (typeof dimensions)[number];
const figures = ['served', 'partial', 'failed', 'idle', 'promptTokens', 'completionTokens', 'textBytes'] as const;
const columns = [...figures, 'costMicroUsd', 'meanCostMicroUsd', 'disputed'] as const;

/** `reeve usage`: what was used and what it cost. */
export async function usage(session: Session, flags: UsageFlags): Promise<void> {
  const by = dimensionsOf(flags.by ?? 'model');
  const client = await session.connect(flags, 'user');
  const query = { by, limit: 500, ...(flags.from && { from: flags.from }), ...(flags.to && { to: flags.to }) };
  const rows: Row[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.usage.show({ ...query, cursor });
    rows.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  if (flags.json) return rows.forEach((row) => session.terminal.print(JSON.stringify(row)));
  if (flags.csv) return [csvLine([...by, ...columns]), ...rows.map((row) => csvRow(row, by))].forEach(print);
  printTable();

  function print(line: string): void {
    session.terminal.print(line);
  }
  function printTable(): void {
    if (rows.length === 0) return session.terminal.note('nothing was used');
    const heads = [...by, 'served', 'other', 'tokens in', 'out', 'out per KiB', 'disputed', 'cost', 'per answer'];
    const cells = rows.map((row) => cellsOf(row, by));
    for (const line of aligned([heads, ...cells], by.length)) print(line);
  }
}

type Row = OutputOf<Extract<KnownOperation, { name: 'usage.show' }>>['items'][number];

function dimensionsOf(text: string): Dimension[] {
  return text.split(',').map((word) => {
    const known = dimensions.find((dimension) => dimension === word.trim());
    if (known) return known;
    throw UsageError.error(`--by takes ${dimensions.join(', ')}, several with commas, not ${JSON.stringify(word)}`);
  });
}

function cellsOf(row: Row, by: readonly Dimension[]): string[] {
  const perKib = row.textBytes === 0 ? '' : ((row.completionTokens * 1_024) / row.textBytes).toFixed(0);
  return [
    ...by.map((dimension) => row[dimension] ?? ''),
    `${row.served}`,
    `${row.partial + row.failed + row.idle}`,
    `${row.promptTokens}`,
    `${row.completionTokens}`,
    perKib,
    `${row.disputed}`,
    usd(row.costMicroUsd),
    row.meanCostMicroUsd === undefined ? '' : usd(row.meanCostMicroUsd),
  ];
}

function usd(microUsd: string): string {
  return formatMoney({ amount: BigInt(microUsd), currency: 'microUsd' });
}

/** Columns in line; names to the left, figures to the right. */
function aligned(rows: readonly string[][], names: number): string[] {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows.map((row) =>
    row.map((cell, at) => (at < names ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  '),
  );
}

function csvRow(row: Row, by: readonly Dimension[]): string {
  return csvLine([...by.map((dimension) => row[dimension] ?? ''), ...columns.map((column) => `${row[column] ?? ''}`)]);
}

/** RFC 4180. A name that a spreadsheet would take for a formula gets an apostrophe before it. */
function csvLine(cells: readonly string[]): string {
  return cells
    .map((cell) => (/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell))
    .map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(',');
}
