/** Asks databases how they would run a statement: whether they look through a large table, or sort one. */
import type { DatabaseSync } from 'node:sqlite';
import type { Client } from 'pg';

/** A statement with `?` as placeholders; its plan is the one for all values, unless they are given. */
export interface Planned {
  readonly name: string;
  readonly sql: string;
  readonly params?: readonly unknown[];
}

/** What of its plan goes through all of a table, or sorts; nothing when an index leads everywhere. */
export function sqliteFaults(db: DatabaseSync, { name, sql }: Planned): string[] {
  const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as Array<{ detail: string }>;
  // The first rows in the order of the key are no search, and SQLite calls reading them a scan. A sort is a fault where a
  // page is asked for: all rows are read for each. What is small as a whole may be sorted.
  const isPage = /\blimit\b/i.test(sql);
  const isFirstRows = isPage && !/\bwhere\b/i.test(sql);
  const scan = isFirstRows ? [] : [/^SCAN (?!.*USING (COVERING )?INDEX)/];
  const faults = isPage ? [...scan, /USE TEMP B-TREE/] : scan;
  const wrong = steps.filter(({ detail }) => faults.some((fault) => fault.test(detail)));
  return wrong.map(({ detail }) => `${name}: ${detail}`);
}

/** The same, of the tables named. The plan is the one that PostgreSQL keeps for a statement that runs often. */
export async function postgresFaults(client: Client, large: readonly string[], planned: Planned): Promise<string[]> {
  const { name, sql, params } = planned;
  let count = 0;
  const text = sql.replace(/\?/g, () => `$${++count}`);
  const values = params?.map(literal) ?? Array.from({ length: count }, () => 'NULL');
  await client.query(`SET plan_cache_mode = ${params ? 'force_custom_plan' : 'force_generic_plan'}`);
  await client.query(`PREPARE planned AS ${text}`);
  const execute = `EXECUTE planned${count > 0 ? `(${values.join(', ')})` : ''}`;
  const { rows } = await client.query<{ 'QUERY PLAN': Array<{ Plan: PlanNode }> }>(`EXPLAIN (FORMAT JSON) ${execute}`);
  await client.query('DEALLOCATE planned');
  const nodes = nodesOf(rows[0]!['QUERY PLAN'][0]!.Plan);
  const scans = nodes.filter((node) => node['Node Type'] === 'Seq Scan' && large.includes(node['Relation Name']!));
  const sorts = nodes.filter((node) => node['Node Type'].includes('Sort') && node['Plan Rows'] > 1_000);
  return [...scans, ...sorts].map((node) => `${name}: ${node['Node Type']} ${node['Relation Name'] ?? ''}`);
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Plan Rows': number;
  readonly Plans?: readonly PlanNode[];
}

function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

function literal(value: unknown): string {
  return typeof value === 'number' ? String(value) : `'${String(value).replaceAll("'", "''")}'`;
}

/** Rows 1 … `count` as a table `series (n)`, in the words of each database. */
export function seriesOf(kind: 'sqlite' | 'postgres', count: number): string {
  return kind === 'postgres'
    ? `WITH series AS (SELECT n FROM generate_series(1, ${count}) AS n)`
    : `WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < ${count})`;
}
