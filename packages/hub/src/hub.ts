import type { BoundOperation, RawRoute, UpgradeRoute } from '@reeve/platform';
import { EventFeed } from '@reeve/platform';
import { agentProtocol } from './api/protocol.ts';
import type { HubComponents } from './components.ts';
import { AgentEndpoint } from './drivers/websocket/agent-endpoint.ts';
import { stateOf } from './domain/live.ts';
import { agentOperations } from './services/agent-operations.ts';
import { AgentRoster } from './services/agent-roster.ts';
import { AgentSessions } from './services/agent-sessions.ts';
import { AttachedTasks, type AttachedRequest, type AttachedTask } from './services/attached-tasks.ts';
import { AttemptReports } from './services/attempt-reports.ts';
import { Dispatcher } from './services/dispatcher.ts';
import { Endings } from './services/endings.ts';
import { eventOperations, eventStream } from './services/event-stream.ts';
import { Fences } from './services/fences.ts';
import { statusOperation } from './services/hub-status.ts';
import { Inputs } from './services/inputs.ts';
import { LeaseKeeper } from './services/lease-keeper.ts';
import { Recovery } from './services/recovery.ts';
import { Settlement } from './services/settlement.ts';
import { Submissions } from './services/submissions.ts';
import { TaskBoard } from './services/task-board.ts';
import { taskOperations } from './services/task-operations.ts';
import { nextEpoch } from './store/epoch.ts';
import { selectNewestSeq } from './store/read-tasks.ts';

/** Agents, tasks, matching, leases, events: the engine that everything else stands on. */
export interface Hub {
  readonly operations: readonly BoundOperation[];
  readonly routes: readonly RawRoute[];
  readonly upgrades: readonly UpgradeRoute[];
  /** Runs work for a caller who waits on an open connection. */
  attach(request: AttachedRequest): AttachedTask;
  /** Whether an agent that is online offers the capability. */
  isOnline(capability: string): boolean;
  /** Whether an agent has ever offered the capability. */
  isDeclared(capability: string): boolean;
  /** Capabilities of agents that are online at this moment, with the time their agent was registered. */
  onlineCapabilities(prefix: string): ReadonlyMap<string, OnlineCapability>;
}

export interface OnlineCapability {
  readonly agents: number;
  readonly sinceMs: number;
}

/** Builds the hub, rebuilds its memory from the database, and starts to hand out work. */
export async function createHub(components: HubComponents, version: string): Promise<Hub> {
  const { database, clock, log, lifecycle, metrics, settings, random } = components;
  const epoch = await countEpoch(components);
  const newestSeq = await readNewestSeq(components);

  const roster = new AgentRoster();
  const board = new TaskBoard(roster, settings.inputMemoryBytes);
  const endings = new Endings();
  const fences = new Fences(epoch);
  const inputs = new Inputs(database, log);
  const keeper: LeaseKeeper = new LeaseKeeper(clock, roster, settings.leaseTtlMs, {
    attemptTimedOut: (lease) => {
      lease.agent.link?.cancel(lease.task.id, lease.fence, 'the attempt took too long');
      const message = `not finished within ${lease.task.timeoutMs} ms`;
      settlement.fail(lease, { code: 'attempt_timed_out', message, retryable: true });
    },
    leaseExpired: (lease) => {
      const message = `its agent was silent for ${settings.leaseTtlMs} ms`;
      settlement.fail(lease, { code: 'lease_expired', message, retryable: true });
    },
    deadlinePassed: (task) => void settlement.expire(task),
    taskIsDue: (task) => {
      board.enqueue(task);
      dispatcher.queueChanged(task.queue);
    },
  });
  const dispatcher = new Dispatcher({ board, keeper, fences, inputs, database, clock, log, metrics });
  const settlement: Settlement = new Settlement({
    board,
    keeper,
    dispatcher,
    endings,
    database,
    clock,
    log,
    metrics,
    random,
    stopping: lifecycle.stopping,
  });
  const submissions = new Submissions({
    board,
    roster,
    keeper,
    dispatcher,
    database,
    clock,
    metrics,
    settings,
    newestSeq,
  });
  const sessions = new AgentSessions({ roster, board, dispatcher, settlement, database, clock, log });
  const reports = new AttemptReports({ settlement, database, log, metrics });
  const attached = new AttachedTasks({ submissions, settlement, endings, log });
  const recovery = new Recovery({ board, roster, keeper, dispatcher, database, clock, log });
  const feed = new EventFeed(database);
  const endpoint = new AgentEndpoint({
    sessions,
    reports,
    clock,
    log,
    metrics,
    agentReady: (agent) => dispatcher.agentChanged(agent),
    heartbeatMs: settings.heartbeatMs,
    leaseTtlMs: settings.leaseTtlMs,
  });

  await recovery.run();
  keeper.start();
  lifecycle.onStop('intake', 'dispatcher', () => dispatcher.drain());
  lifecycle.onStop('connections', 'dispatcher', () => dispatcher.stop());
  lifecycle.onStop('connections', 'agents', () => endpoint.close());
  lifecycle.onStop('connections', 'event streams', () => feed.close());
  lifecycle.onStop('connections', 'lease keeper', () => keeper.stop());

  return {
    operations: [
      ...taskOperations({ database, board, roster, clock, submissions, settlement, endings, recovery }),
      ...agentOperations({ roster, sessions, database, nowMs: () => clock.nowMs() }),
      ...eventOperations(database),
      statusOperation({ board, roster, database, clock, version, startedAtMs: clock.nowMs() }),
    ],
    routes: [eventStream(feed, database)],
    upgrades: [
      {
        path: agentProtocol.path,
        name: 'agents.connect',
        access: 'agents:connect',
        handle: (request, socket, head, caller) => endpoint.upgrade(request, socket, head, caller),
      },
    ],
    attach: (request) => attached.start(request),
    isOnline: (capability) => roster.isOnline(capability),
    isDeclared: (capability) => roster.isDeclared(capability),
    onlineCapabilities: (prefix) => onlineCapabilities(roster, prefix),
  };
}

async function countEpoch({ database }: HubComponents): Promise<number> {
  const [result] = await database.commit({ statements: [nextEpoch.bind({})] });
  return result!.rows[0]!['value'] as number;
}

async function readNewestSeq({ database }: HubComponents): Promise<number> {
  const [row] = await database.read<{ seq: number | null }>(selectNewestSeq.bind({}));
  return row?.seq ?? 0;
}

function onlineCapabilities(roster: AgentRoster, prefix: string): Map<string, OnlineCapability> {
  const online = new Map<string, OnlineCapability>();
  for (const agent of roster.all()) {
    if (stateOf(agent) !== 'online') continue;
    for (const { name } of agent.offer.capabilities) {
      if (!name.startsWith(prefix)) continue;
      const known = online.get(name);
      const sinceMs = Math.min(known?.sinceMs ?? agent.registeredAtMs, agent.registeredAtMs);
      online.set(name, { agents: (known?.agents ?? 0) + 1, sinceMs });
    }
  }
  return online;
}
