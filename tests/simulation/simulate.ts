import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../faults/system/eventually.ts';
import { HubHome } from '../faults/system/hub-process.ts';
import { liveTasks } from '../faults/system/tasks.ts';
import { chatter } from './chatter.ts';
import { readRecord, type History } from './history.ts';
import { violations } from './invariants.ts';
import { inFile, type RecordPlace } from './record-place.ts';
import { scenarioOf, type Fault, type Scenario } from './scenario.ts';
import { Submitters } from './submitter.ts';
import { World } from './world.ts';

/** After the storm everything must be at its end within this time. */
const settleMs = 30_000;

export interface Outcome {
  readonly scenario: Scenario;
  /** Empty when all is well. */
  readonly violations: readonly string[];
  readonly timeline: readonly string[];
  readonly faults: readonly Fault[];
  readonly history: History | undefined;
  readonly settledInMs: number;
  /** Where the hub's home was left, when something was violated. */
  readonly home: string | undefined;
}

/** Runs the scenario of one seed: a storm of that many seconds, then calm, then the reckoning. */
export async function simulate(seed: number, seconds: number, record: RecordPlace = inFile): Promise<Outcome> {
  const scenario = scenarioOf(seed, seconds);
  const complaints: string[] = [];
  const complain = (text: string): void => void complaints.push(text);
  const home = await HubHome.create({ settings: { ...settingsOf(scenario), ...record.settings } });
  await using world = new World(scenario, home, record, complain);
  const told = await tell(world, scenario, complain).catch((error: unknown) => {
    complain(`${error instanceof Error ? `${error.message} ${String(error.cause ?? '')}` : String(error)}`);
    return undefined;
  });
  const found = [
    ...complaints,
    ...(told ? violations(told.history) : [`the hub's last words:\n${world.hubOutput.slice(-2_000)}`]),
  ];
  const { timeline, faults } = world;
  return {
    scenario,
    violations: found,
    timeline,
    faults,
    history: told?.history,
    settledInMs: told?.settledInMs ?? Infinity,
    home: found.length > 0 ? home.keep() : undefined,
  };
}

function settingsOf({ leaseTtlMs, heartbeatMs, durability }: Scenario): Record<string, string> {
  return {
    HUB_LEASE_TTL_MS: `${leaseTtlMs}`,
    HUB_HEARTBEAT_MS: `${heartbeatMs}`,
    GATEWAY_DURABILITY: durability,
    SHUTDOWN_GRACE_MS: '5000',
    // Breakers open here too, for what tasks are told to do; not for longer than there is time to settle.
    HUB_BREAKER_INITIAL_PAUSE_MS: '100',
    HUB_BREAKER_MAX_PAUSE_MS: '500',
  };
}

async function tell(world: World, scenario: Scenario, complain: (text: string) => void) {
  const { seed } = scenario;
  await world.start();
  const { home } = world;
  await eventually('an agent is known', async () => {
    const { slots } = await home.api.get<{ slots: { total: number } }>('/v1/status');
    return slots.total > 0 || undefined;
  });
  const [ending, over] = [new AbortController(), new AbortController()];
  const parts = { seed, api: home.api, keys: home.keys, ending: ending.signal, over: over.signal, complain };
  const submitters = new Submitters(parts);
  world.begin();
  const submitting = submitters.run(scenario.submitters);
  const chatting = Promise.all(Array.from({ length: scenario.chatters }, (_, lane) => chatter(parts, lane)));
  await storm(world, scenario);
  ending.abort();
  const calmAtMs = performance.now();
  await world.calm();
  const giveUp = setTimeout(() => over.abort(), settleMs);
  const chats = (await chatting).flat();
  world.note('chats ended');
  await submitting;
  world.note('everything is acknowledged');
  clearTimeout(giveUp);
  await settled(world);
  world.note('settled');
  const settledInMs = performance.now() - calmAtMs;
  const record = await readRecord(home.api);
  await world.stop();
  const { submissions } = submitters;
  const journal = world.agents.journal();
  return { settledInMs, history: { ...record, submissions, chats, journal, epochEnds: world.epochEnds } };
}

async function storm(world: World, { faults, seconds }: Scenario): Promise<void> {
  for (const fault of faults) {
    const leftMs = seconds * 1_000 - world.elapsedMs();
    await pause(Math.max(0, Math.min(fault.afterMs, leftMs)));
    if (fault.afterMs >= leftMs) return;
    await world.apply(fault);
  }
}

/** Not a violation by itself: what has not ended is named by the reckoning. */
async function settled({ home }: World): Promise<void> {
  await eventually('settled', async () => ((await liveTasks(home.api)) === 0 ? true : undefined), {
    withinMs: settleMs,
  }).catch(() => undefined);
}
