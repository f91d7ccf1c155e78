import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operations } from '@reeve/sdk';
import { alertRules } from '@reeve/server';
import { prometheusRules, type AlertRule } from '@reeve/platform';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../../house/needs.ts';
import { startHub, type TestHub } from '../openai/system.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

const ruleNamed = (name: string): AlertRule => alertRules.find((rule) => rule.name === name)!;

describe('alert rules', () => {
  test.each([
    ['HubCpuHigh', 'warning', 5],
    ['HubMemoryHigh', 'critical', 3],
    ['AgentFailureRateHigh', 'critical', 0],
    ['BacklogHigh', 'warning', 10],
  ])('[HB-16 cpu memory failures backlog] %s is %s after %d min', (name, severity, minutes) => {
    expect(ruleNamed(name)).toMatchObject({ severity, forMs: minutes * 60_000 });
  });

  test.each([
    ['HttpErrorRateCritical', 'critical'],
    ['HttpErrorRateHigh', 'warning'],
    ['HttpLatencyCritical', 'critical'],
    ['HttpLatencyHigh', 'warning'],
    ['DeploymentCompleted', 'info'],
  ])('[FD-09 alerts] %s is %s', (name, severity) => {
    expect(ruleNamed(name)).toMatchObject({ severity });
  });

  test.each([
    ['BudgetUsedUp', 'warning'],
    ['BudgetNearlyUsed', 'info'],
  ])('[FD-11 budgets] %s is %s', (name, severity) => {
    expect(ruleNamed(name)).toMatchObject({ severity });
  });

  test('[HB-06 event-loop] a loop that is held for more than 50 ms is told', () => {
    expect(ruleNamed('EventLoopBlocked')).toMatchObject({ severity: 'warning', forMs: 120_000 });
    expect(ruleNamed('EventLoopBlocked').condition).toMatch(/event_loop_delay_p99_seconds > 0\.05$/);
  });

  test.each(alertRules)('[HB-16 owner] $name says what to do, who does it, and how', ({ action, owner, runbook }) => {
    expect(action).toMatch(/\w+ .*\.$/);
    expect(owner).toMatch(/^[a-z-]+$/);
    const page = readFileSync(runbook, 'utf8');
    for (const heading of ['## What it means', '## Look', '## Do']) expect(page).toContain(heading);
    expect(commandsIn(page).length).toBeGreaterThan(0);
    expect(commandsIn(page).filter((command) => !exists(command))).toEqual([]);
  });

  test('names are unique, and each rule has a scenario in which it fires and one in which it does not', () => {
    const names = alertRules.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const fires of [true, false])
      expect([...new Set(SCENARIOS.filter((each) => each.fires === fires).map(({ alert }) => alert))]).toEqual(names);
  });
});

/** Whatever a rule looks at has to be there: a condition over a misspelt name never fires. */
describe('the metrics that rules look at', () => {
  let system: TestHub;
  beforeAll(async () => {
    system = await startHub();
  });
  afterAll(() => system[Symbol.asyncDispose]());

  test('[HB-16 cpu memory failures backlog] [FD-09 alerts] are all exported by a running system', async () => {
    const text = await (await fetch(`${system.url}/metrics`)).text();
    const wanted = new Set(alertRules.flatMap(({ condition }) => condition.match(/\b(reeve|process)_\w+/g) ?? []));
    expect([...wanted].filter((name) => !text.includes(`\n# TYPE ${name.replace(/_bucket$/, '')} `))).toEqual([]);
    expect(text).toMatch(/^reeve_process_build_info\{version="[^"]+"\} 1$/m);
  });

  test('paths that wait by design are paths there are', async () => {
    const { paths } = (await (await fetch(`${system.url}/openapi.json`)).json()) as { paths: object };
    const [, routes] = /route!~"([^"]+)"/.exec(ruleNamed('HttpLatencyHigh').condition)!;
    const known = [...Object.keys(paths), '/v1/events', '/v1/chat/completions'].map((path) =>
      path.replaceAll(/[{}]/g, '.'),
    );
    expect(routes!.split('|').filter((route) => !known.includes(route))).toEqual([]);
  });
});

describe('the rules as Prometheus reads them', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'reeve-alerts-'));
    writeFileSync(join(folder, 'rules.yml'), prometheusRules('reeve', alertRules));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const promtool = (...words: string[]) => spawnSync('promtool', words, { cwd: folder, encoding: 'utf8' });

  test('[HB-16] [FD-09 alerts] pass promtool check rules', needs('promtool'), () => {
    const { status, stdout, stderr } = promtool('check', 'rules', '--lint-fatal', 'rules.yml');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`SUCCESS: ${alertRules.length} rules found`);
  });

  test.each(SCENARIOS)(
    '[HB-16 cpu memory failures backlog] [FD-09 alerts] $alert, fires: $fires, $what',
    needs('promtool'),
    (scenario) => {
      writeFileSync(join(folder, 'test.yml'), JSON.stringify(unitTest(scenario)));
      const { status, stdout, stderr } = promtool('test', 'rules', 'test.yml');
      expect({ status, said: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, said: '' });
    },
  );
});

/** As promtool reads it; JSON is YAML. */
function unitTest({ alert, fires, series, at }: Scenario): object {
  const { severity, owner, summary, action, runbook } = ruleNamed(alert);
  const labels = { severity, owner, ...(alert === 'DeploymentCompleted' && { version: '1.1.0' }) };
  const firing = { exp_labels: labels, exp_annotations: { summary, action, runbook } };
  return {
    rule_files: ['rules.yml'],
    evaluation_interval: '30s',
    tests: [
      {
        interval: '30s',
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts: fires ? [firing] : [] }],
      },
    ],
  };
}

/** Lines of the shell blocks of a page. */
function commandsIn(page: string): string[] {
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block!);
  return blocks.flatMap((block) => block.split('\n')).filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

const commands = new Set([
  ...operations.map(
    ({ domain, verb }) => `${domain} ${verb.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  ),
  'alerts list',
]);
const short = new Set(['status', 'events', 'up']);

/** Whether what a line runs exists: an operation of the command line, or an address that the hub answers. */
function exists(line: string): boolean {
  const [program, first = '', second = ''] = line.split(/\s+/);
  if (program === 'reeve') return short.has(first) || commands.has(`${first} ${second}`);
  return program === 'curl' && /\$REEVE_URL\/(metrics|health\/(live|ready|details))\b/.test(line);
}
