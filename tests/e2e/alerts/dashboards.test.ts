import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { grafanaDashboard } from '@reeve/platform';
import { dashboards } from '@reeve/server';
import { connectAgent, createClient } from '@reeve/sdk';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { needs } from '../../house/needs.ts';
import { startBackendSimulator, type BackendSimulator } from '../../simulators/openai-backend.ts';
import { openAi, startHub, startLocalNode, type TestHub } from '../openai/system.ts';

const panels = dashboards.flatMap(({ rows }) => rows.flatMap((row) => row.panels));
const expressions = panels.flatMap(({ queries }) => queries.map(({ expression }) => expression));
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

describe('what the panels look at', () => {
  let backend: BackendSimulator;
  let hub: TestHub;
  beforeAll(async () => {
    backend = await startBackendSimulator({ models: ['sim-small'] });
    hub = await startHub();
    await work(hub, backend);
  });
  afterAll(async () => {
    await hub[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
  });

  const scrape = async () => (await fetch(`${hub.url}/metrics`)).text();

  test('[FD-09 operations-dashboard business-dashboard] is exported by a hub that has worked, with each label', async () => {
    const text = await scrape();
    const wanted = expressions.flatMap((expression) => namesIn(expression));
    expect(wanted.length).toBeGreaterThan(expressions.length);
    expect(wanted.filter((name) => !text.includes(`\n# TYPE ${name.replace(/_bucket$/, '')} `))).toEqual([]);
    const missing = expressions.flatMap((expression) =>
      namesIn(expression)
        .filter((name) => !neverHere.has(name))
        .flatMap((name) => labelsIn(expression).map((label) => ({ name, label })))
        .filter(({ name, label }) => !new RegExp(`^${name}\\{[^}]*\\b${label}="`, 'm').test(text)),
    );
    expect(missing).toEqual([]);
  });

  test('[FD-09 queue] tells what waits by priority, for how long, and what waits to be committed', async () => {
    const before = await scrape();
    expect(valueOf(before, 'reeve_hub_priority_waiting_tasks{priority="high"}')).toBe(0);
    expect(valueOf(before, 'reeve_hub_oldest_waiting_seconds')).toBe(0);
    const { tasks } = createClient(hub);
    const requires = [{ name: 'nobody' }];
    const waits = await tasks.create({ requires, input: {}, priority: 'high', allowUnknown: true });
    const low = await tasks.create({ requires, input: {}, priority: 'low', allowUnknown: true });
    await expect.poll(async () => valueOf(await scrape(), 'reeve_hub_oldest_waiting_seconds')).toBeGreaterThan(0);
    const text = await scrape();
    const waiting = ['critical', 'high', 'medium', 'low'].map((priority) =>
      valueOf(text, `reeve_hub_priority_waiting_tasks{priority="${priority}"}`),
    );
    expect(waiting).toEqual([0, 1, 0, 1]);
    expect(valueOf(text, 'reeve_hub_waiting_tasks')).toBe(2);
    expect(valueOf(text, 'reeve_hub_active_tenants')).toBe(1);
    expect(valueOf(text, 'reeve_database_queued_units')).toBeGreaterThanOrEqual(0);
    for (const { id } of [waits, low]) await tasks.cancel({ id });
    const after = await scrape();
    expect(valueOf(after, 'reeve_hub_priority_waiting_tasks{priority="high"}')).toBe(0);
    expect(valueOf(after, 'reeve_hub_active_tenants')).toBe(0);
  });

  test('[FD-09 connections] tells what is connected, over HTTP, as an agent, and to the database', async () => {
    const before = await scrape();
    const count = (text: string) => valueOf(text, 'reeve_http_open_connections');
    const agents = await Promise.all(['one', 'two', 'three'].map((name) => startAgent(hub, name, async () => ({}))));
    const text = await scrape();
    expect(count(text)).toBeGreaterThanOrEqual(count(before) + 3);
    expect(valueOf(text, 'reeve_hub_connected_agents')).toBe(valueOf(before, 'reeve_hub_connected_agents') + 3);
    for (const state of ['in_use', 'idle'])
      expect(valueOf(text, `reeve_database_reading_connections{state="${state}"}`)).toBeGreaterThanOrEqual(0);
    expect(valueOf(text, 'reeve_database_waiting_reads')).toBe(0);
    for (const agent of agents) await agent.stop({ drain: false });
    await expect.poll(async () => count(await scrape())).toBeLessThanOrEqual(count(text) - 3);
  });
});

/** Metrics without a sample where nothing is refused. */
const neverHere = new Set([
  'reeve_http_refused_early_total',
  'reeve_requests_rate_limited_total',
  'reeve_hub_tasks_refused_total',
]);

function namesIn(expression: string): string[] {
  return expression.match(/\b(reeve|process)_\w+/g) ?? [];
}

/** Labels that an expression sums by. */
function labelsIn(expression: string): string[] {
  return [...expression.matchAll(/\bby \(([^)]+)\)/g)].flatMap(([, labels]) => labels!.split(', '));
}

function valueOf(text: string, sample: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${sample} `));
  return Number(line?.slice(sample.length + 1));
}

function startAgent(hub: TestHub, name: string, handler: () => Promise<object>) {
  const offer = { name, slots: 1, capabilities: [{ name: 'mirror', proficiency: 1 }] };
  return connectAgent({ url: hub.url, apiKey: hub.apiKey, log: quiet, offer, handler });
}

/** Tasks that succeed and that fail, and a request to a model. */
async function work(hub: TestHub, backend: BackendSimulator): Promise<void> {
  const { tasks } = createClient(hub);
  let calls = 0;
  const agent = await startAgent(hub, 'mirror', async () => {
    if (++calls === 1) throw Object.assign(new Error('no'), { retryable: false });
    return {};
  });
  for (const state of ['dead', 'succeeded']) {
    const { id } = await tasks.create({ requires: [{ name: 'mirror' }], input: {}, maxAttempts: 1 });
    expect((await tasks.show({ id, waitMs: 10_000 })).state).toBe(state);
  }
  await agent.stop({ drain: false });
  await using _ = await startLocalNode(hub, backend.url);
  const messages = [{ role: 'user' as const, content: 'hello' }];
  for await (const chunk of await openAi(hub).chat.completions.create({ model: 'sim-small', messages, stream: true }))
    expect(chunk.model).toBe('sim-small');
}

describe('the dashboards', () => {
  test('[FD-09 operations-dashboard business-dashboard] have panels with a title of their own, a unit and a meaning', () => {
    expect(dashboards.map(({ name }) => name)).toEqual(['operations', 'business']);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    for (const { description, unit, queries } of panels) {
      expect(description).toMatch(/\w.*\.$/);
      expect(unit).not.toBe('');
      expect(queries.length).toBeGreaterThan(0);
      for (const { legend } of queries) expect(legend).not.toBe('');
    }
  });

  test.each(dashboards)(
    '[FD-09 operations-dashboard business-dashboard] $name has what Grafana imports',
    (dashboard) => {
      const exported = JSON.parse(JSON.stringify(grafanaDashboard(dashboard))) as Exported;
      expect(exported).toMatchObject({ uid: `reeve-${dashboard.name}`, title: dashboard.title, schemaVersion: 39 });
      expect(exported.templating.list).toMatchObject([{ name: 'datasource', type: 'datasource', query: 'prometheus' }]);
      const charts = exported.panels.filter(({ type }) => type !== 'row');
      expect(charts).toHaveLength(dashboard.rows.flatMap((row) => row.panels).length);
      expect(new Set(exported.panels.map(({ id }) => id)).size).toBe(exported.panels.length);
      for (const { title, fieldConfig, datasource, targets } of charts) {
        expect(title).not.toBe('');
        expect(fieldConfig.defaults.unit).toMatch(/^\w+$/);
        expect(datasource).toEqual({ type: 'prometheus', uid: '${datasource}' });
        expect(targets.map(({ refId }) => refId)).toEqual(['A', 'B', 'C'].slice(0, targets.length));
        for (const { expr, legendFormat } of targets) expect([expr, legendFormat]).not.toContain('');
      }
      for (const [index, { gridPos }] of exported.panels.entries())
        for (const other of exported.panels.slice(index + 1)) expect(overlaps(gridPos, other.gridPos)).toBe(false);
    },
  );

  test('[FD-09 operations-dashboard business-dashboard] ask what Prometheus understands', needs('promtool'), () => {
    const folder = mkdtempSync(join(tmpdir(), 'reeve-dashboards-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const rules = expressions.map((expr, index) => ({ record: `reeve:expression:${index}`, expr }));
    writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups: [{ name: 'dashboards', rules }] }));
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', 'rules.yml'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`${rules.length} rules found`);
  });

  test('are printed by the command line', () => {
    const command = ['--conditions=reeve-source', 'packages/cli/src/main.ts', 'dashboards', 'export', 'business'];
    const { stdout } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    expect(JSON.parse(stdout)).toEqual(grafanaDashboard(dashboards[1]!));
  });
});

interface Position {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

interface Exported {
  readonly templating: { readonly list: readonly object[] };
  readonly panels: ReadonlyArray<{
    readonly id: number;
    readonly type: string;
    readonly title: string;
    readonly gridPos: Position;
    readonly datasource: object;
    readonly fieldConfig: { readonly defaults: { readonly unit: string } };
    readonly targets: ReadonlyArray<{ readonly refId: string; readonly expr: string; readonly legendFormat: string }>;
  }>;
}

function overlaps(a: Position, b: Position): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
