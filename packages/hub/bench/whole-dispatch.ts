import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '@reeve/kernel';
import {
  createLifecycle,
  createLogger,
  createMetrics,
  newKeyChainText,
  openDatabase,
  parseKeyChain,
  platformMigrations,
  SealedFiles,
} from '@reeve/platform';
import { quantileOf, type Contestant } from '../../../bench/harness/rounds.ts';
import { AgentOffer } from '../src/api/agent.ts';
import { TaskSubmission } from '../src/api/task.ts';
import type { HubSettings } from '../src/components.ts';
import { newAgent, type Lease, type LiveAgent } from '../src/domain/live.ts';
import { leaseFrame } from '../src/drivers/websocket/lease-frame.ts';
import { createEngine, type Engine } from '../src/engine.ts';
import { createHubMetrics, hubMigrations } from '../src/index.ts';

// A whole dispatch, by the hub's own engine on an embedded database: a slot is free → its next task is found, leased, written
// into a frame, and its lease queued for the record. Only the socket is missing: a frame ends where it would be sent.

const dispatches = 20_000;
/** Dispatches between two turns of the event loop, in which the record is written. */
const dispatchesPerTurn = 8;
const batchSize = 1_000;

export interface Scale {
  readonly agents: number;
  readonly capabilities: number;
  readonly tasks: number;
}

const settings: HubSettings = {
  leaseTtlMs: 3_600_000,
  heartbeatMs: 600_000,
  maxLiveTasks: 1e9,
  ageingMs: 300_000,
  deferLowAt: 0.6,
  shedLowAt: 0.8,
  breaker: { failures: 5, initialPauseMs: 1_000, maxPauseMs: 60_000 },
  proficiency: { priorWeight: 4, halfLifeMs: 14 * 24 * 3_600_000 },
  tenants: { defaults: { weight: 1, maxLiveTasks: 1e9, tasksPerMinute: 1e12 }, exceptions: [] },
  inputLimitBytes: 256 * 1024,
  mapInitialChunkItems: 1_000,
  mapTargetChunkMs: 30_000,
  blobLimitBytes: 4 * 1024 * 1024,
  blobRetentionMs: 3_600_000,
  inputMemoryBytes: 1e9,
  defaultTimeoutMs: 3_600_000,
  defaultMaxAttempts: 3,
  retryBudget: { share: 0.2, perSecond: 10 },
  retry: { initialDelayMs: 50, factor: 2, maxDelayMs: 1_000, jitter: 0 },
};

interface House {
  readonly engine: Engine;
  readonly agents: readonly LiveAgent[];
  readonly granted: Lease[];
  /** Waits until everything that was queued for the record is in it. */
  settle(): Promise<void>;
  submit(capabilities: readonly string[]): Promise<void>;
}

/** Tasks of ten tenants and four priorities wait in all classes; agents offer ten of these each and have one slot. */
export function dispatchingWhole(scale: Scale): Contestant {
  let house: House | undefined;
  return {
    name: `${scale.agents} agents, ${scale.capabilities} capabilities, ${scale.tasks} tasks`,
    about: '10 capabilities and one slot an agent, 10 tenants; found, leased, framed, queued for the record',
    async measure() {
      house ??= await filled(scale);
      const waitsUs: number[] = [];
      for (let n = 0; n < dispatches; n += dispatchesPerTurn) waitsUs.push(...(await dispatchSome(house, n)));
      await house.settle();
      return { p50Us: quantileOf(waitsUs, 0.5), p99Us: quantileOf(waitsUs, 0.99) };
    },
  };
}

/** Each for itself, as agents come back one after the other; then each task is done, and another joins. */
async function dispatchSome(house: House, from: number): Promise<number[]> {
  const { engine, agents, granted } = house;
  const waitsUs: number[] = [];
  for (let n = from; n < from + dispatchesPerTurn; n++) {
    const agent = agents[(n * 7_919) % agents.length]!;
    agent.intent = 'active';
    const beganMs = performance.now();
    engine.dispatcher.agentChanged(agent);
    await Promise.resolve(); // the pass is a microtask
    waitsUs.push((performance.now() - beganMs) * 1_000);
    if (granted.at(-1)?.agent !== agent || frame === '') throw new Error(`nothing was dispatched to agent ${agent.id}`);
    agent.intent = 'paused'; // or what comes next would be dispatched to it unmeasured
  }
  await house.submit(granted.map(({ task }) => task.queue.wanted.requires[0]!.name));
  for (const lease of granted) engine.settlement.succeed(lease, '1');
  granted.length = 0;
  await nextTurn();
  return waitsUs;
}

async function filled({ agents: count, capabilities, tasks }: Scale): Promise<House> {
  const home = mkdtempSync(join(tmpdir(), 'reeve-dispatch-'));
  process.on('exit', () => rmSync(home, { recursive: true, force: true }));
  const log = createLogger({ level: 'error' });
  const database = await openDatabase({
    url: join(home, 'hub.db'),
    migrations: [...platformMigrations, ...hubMigrations],
    log,
    keys: parseKeyChain(newKeyChainText('bench'), 'bench'),
  });
  const lifecycle = createLifecycle({ graceMs: 1_000, log });
  const metrics = createHubMetrics(createMetrics({ defaultMetrics: false }));
  const files = await SealedFiles.open(join(home, 'blobs'));
  const parts = { database, files, clock: systemClock, log, lifecycle, metrics, settings, random: Math.random };
  const engine = await createEngine(parts);
  const granted: Lease[] = [];
  const submit = submitting(engine, database);
  for (let n = 0; n < tasks; n += batchSize)
    await submit(Array.from({ length: Math.min(batchSize, tasks - n) }, (_, at) => `c${(n + at) % capabilities}`));
  const agents = Array.from({ length: count }, (_, number) => connected(engine, number, capabilities, granted));
  const settle = async (): Promise<void> => {
    while (database.status().queuedUnits > 0) await nextTurn();
  };
  return { engine, agents, granted, settle, submit };
}

function submitting({ submissions }: Engine, database: Awaited<ReturnType<typeof openDatabase>>): House['submit'] {
  let number = 0;
  const priorities = ['critical', 'high', 'medium', 'low'] as const;
  return async (capabilities) => {
    const tenant = `t${number % 10}`;
    const tasks = capabilities.map((name) =>
      TaskSubmission.parse({
        requires: [{ name }],
        input: { n: 1 },
        priority: priorities[number++ % 4],
        allowUnknown: true,
      }),
    );
    await submissions.submit(tenant, tasks, async (statements, events) => {
      await database.commit({ statements, events });
    });
    number += 1; // so that priorities do not go with tenants
  };
}

let frame = '';

/** An agent that is online: what it is sent goes no further. */
function connected({ roster, board }: Engine, number: number, capabilities: number, granted: Lease[]): LiveAgent {
  const names = new Set(Array.from({ length: 10 }, (_, at) => `c${(number * 7 + at * 13) % capabilities}`));
  const offer = AgentOffer.parse({
    name: `agent ${number}`,
    capabilities: [...names].map((name) => ({ name, proficiency: 0.5 + (number % 50) / 100 })),
    slots: 1,
  });
  const known = { id: `${number}`, tenant: 'bench', registeredAtMs: 0, lastSeenAtMs: undefined };
  const agent = newAgent({ ...known, heardAtMs: systemClock.monotonicMs(), offer, intent: 'paused' });
  agent.link = {
    congested: false,
    draining: false,
    lease(lease, input) {
      frame = leaseFrame(lease, input);
      granted.push(lease);
    },
    cancel: () => {},
    accepted: () => {},
    lost: () => {},
    credit: () => {},
    close: () => {},
  };
  roster.add(agent);
  roster.requalify(agent, board.queues());
  return agent;
}
