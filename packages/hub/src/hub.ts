import { EventFeed, type BoundOperation, type RawRoute, type UpgradeRoute } from '@reeve/platform';
import type { AgentOffer, AgentState, Capability } from './api/agent.ts';
import type { Explanation } from './api/explain.ts';
import type { Constraints, Requirement } from './api/task.ts';
import { eventProtocol } from './api/event-protocol.ts';
import { agentProtocol } from './api/protocol.ts';
import type { HubComponents } from './components.ts';
import type { ClassQueue } from './domain/class-queue.ts';
import { stateOf, type LiveAgent } from './domain/live.ts';
import { pricesFor } from './domain/match.ts';
import { leaseOperations } from './drivers/long-poll/lease-operations.ts';
import { PollLinks } from './drivers/long-poll/poll-links.ts';
import { AgentEndpoint } from './drivers/websocket/agent-endpoint.ts';
import { EventEndpoint } from './drivers/websocket/event-endpoint.ts';
import { createEngine, type Engine } from './engine.ts';
import { agentOperations } from './services/agent-operations.ts';
import type { AgentRoster } from './services/agent-roster.ts';
import type { AttachedRequest, AttachedTask } from './services/attached-tasks.ts';
import { blobOperations, blobRoutes } from './services/blob-operations.ts';
import { removeOldBlobs } from './services/blob-retention.ts';
import { createManyRoute } from './services/create-many.ts';
import { judgeAll } from './services/explain.ts';
import { eventOperations, eventStream } from './services/event-stream.ts';
import { statusOperation } from './services/hub-status.ts';
import { workflowOperations } from './services/workflow-operations.ts';
import { newestLeases, type NewestLease } from './services/newest-leases.ts';
import { mapOperations } from './services/map-operations.ts';
import { mapResultsRoute } from './services/map-results.ts';
import { streamResultsRoute } from './services/stream-results.ts';
import { taskOperations } from './services/task-operations.ts';

/** Agents, tasks, matching, leases, events: the engine that everything else stands on. */
export interface Hub {
  readonly operations: readonly BoundOperation[];
  readonly routes: readonly RawRoute[];
  readonly upgrades: readonly UpgradeRoute[];
  /** Removes what has been kept for long enough; answers how many blobs that were. */
  removeOldBlobs(signal: AbortSignal): Promise<number>;
  /** Runs work for a caller who waits on an open connection. */
  attach(request: AttachedRequest): AttachedTask;
  /** What the agent did for a tenant came to so much more than the `cost` it was attached with, or less. */
  correctCost(agentId: string, tenant: string, byCost: number): void;
  /** What an agent is registered with, online or not; undefined when there is none. */
  agent(id: string): RegisteredAgent | undefined;
  /** The agents of a tenant whose offer has a label. */
  agentsLabelled(tenant: string, label: string, value: string): readonly RegisteredAgent[];
  /** The newest lease of each of some tasks, at most 1,000; tasks that are not known are left out. */
  newestLeases(taskIds: readonly string[]): Promise<ReadonlyMap<string, NewestLease>>;
  /** What an agent stated about its work under a capability was found to be true so often, and so often not. */
  stated(agentId: string, capability: string, found: { readonly good: number; readonly bad: number }): void;
  /** Whether an agent that is online offers the capability. */
  isOnline(capability: string): boolean;
  /** Whether an agent has ever offered the capability. */
  isDeclared(capability: string): boolean;
  /** What each agent would be to such a task at this moment, by the same rules as dispatch. */
  judge(
    requires: readonly Requirement[],
    constraints: Constraints,
  ): Pick<Explanation, 'agents' | 'agentsTotal' | 'sampled'>;
  /** Whether an agent, connected or not, meets all of it: if not, a task would wait in vain. */
  isMet(requires: readonly Requirement[], constraints: Constraints): boolean;
  /** The highest prices, each for itself, of the agents that meet all of it; undefined when none does. */
  highestPrices(requires: readonly Requirement[], constraints: Constraints): TokenPrices | undefined;
  /** Every capability whose name begins so, of every agent that is registered, online or not. */
  offered(prefix: string): Iterable<OfferedCapability>;
}

/** Micro-USD per million tokens. */
export interface TokenPrices {
  readonly inputMicroUsd: bigint;
  readonly outputMicroUsd: bigint;
}

/** One capability of one agent. */
export interface OfferedCapability {
  readonly capability: Capability;
  readonly agentId: string;
  readonly agentName: string;
  readonly state: AgentState;
  readonly region: string | undefined;
  readonly stakeMicroUsd: string;
  readonly slots: number;
  readonly leases: number;
  readonly registeredAtMs: number;
}

export interface RegisteredAgent {
  readonly id: string;
  readonly tenant: string;
  readonly offer: AgentOffer;
}

/** Builds the hub, rebuilds its memory from the database, and starts to hand out work. */
export async function createHub(components: HubComponents, version: string): Promise<Hub> {
  const { database, lifecycle, settings } = components;
  const engine = await createEngine(components);
  const feed = new EventFeed(database);
  const agentReady = (agent: LiveAgent): void => engine.dispatcher.agentChanged(agent);
  const endpoint = new AgentEndpoint({
    ...components,
    ...engine,
    agentReady,
    heartbeatMs: settings.heartbeatMs,
    leaseTtlMs: settings.leaseTtlMs,
  });
  const { heartbeatMs, leaseTtlMs: silenceMs } = settings;
  const newestPosition = (): number => database.status().newestPosition;
  const events = new EventEndpoint({ ...components, feed, newestPosition, heartbeatMs, silenceMs });
  const links = new PollLinks({ ...components, ...engine, agentReady, heartbeatMs: settings.heartbeatMs });
  watch(components, engine, feed);
  engine.keeper.start();
  engine.proficiencies.start();
  lifecycle.onStop('intake', 'dispatcher', () => engine.dispatcher.drain());
  lifecycle.onStop('intake', 'polls', () => links.release());
  lifecycle.onStop('connections', 'dispatcher', () => engine.dispatcher.stop());
  lifecycle.onStop('connections', 'attached tasks', () => engine.attached.endAll());
  lifecycle.onStop('connections', 'agents', () => endpoint.close());
  lifecycle.onStop('connections', 'event streams', () => feed.close());
  lifecycle.onStop('connections', 'proficiency', () => engine.proficiencies.stop());
  lifecycle.onStop('connections', 'lease keeper', () => engine.keeper.stop());
  const { roster, attached } = engine;
  return {
    operations: operations(components, engine, links, version),
    routes: [eventStream(feed, database), ...streams(components, engine)],
    upgrades: [
      {
        path: agentProtocol.path,
        name: 'agents.connect',
        access: 'agents:connect',
        about: {
          summary: 'Connect an agent, over a WebSocket',
          description: `Subprotocol ${agentProtocol.subprotocol}; what both sides say is in docs/reference/agent-protocol.md. For agents with requests alone: \`leases.take\`.`,
        },
        handle: (request, socket, head, caller) => endpoint.upgrade(request, socket, head, caller),
      },
      {
        path: eventProtocol.path,
        name: 'events.connect',
        access: 'events:read',
        handle: (request, socket, head, caller, { draining }) =>
          events.upgrade(request, socket, head, caller, draining),
      },
    ],
    removeOldBlobs: (signal) => removeOldBlobs({ ...components, ...engine }, signal),
    attach: (request) => attached.start(request),
    correctCost: (agentId, tenant, byCost) =>
      roster.get(agentId)?.turns.correct(tenant, engine.terms.of(tenant).weight, byCost),
    agent: (id) => roster.get(id),
    agentsLabelled: (tenant, label, value) =>
      [...roster.all()].filter((agent) => agent.tenant === tenant && agent.offer.labels[label] === value),
    newestLeases: (taskIds) => newestLeases({ board: engine.board, database }, taskIds),
    stated: (agentId, capability, found) => {
      const agent = roster.get(agentId);
      if (agent) engine.proficiencies.stated(agent, capability, found);
    },
    isOnline: (capability) => roster.isOnline(capability),
    isDeclared: (capability) => roster.isDeclared(capability),
    judge: (requires, constraints) => judgeAll(roster, requires, constraints),
    isMet: (requires, constraints) =>
      !engine.board.queueFor(requires, constraints).qualified[Symbol.iterator]().next().done,
    highestPrices: (requires, constraints) => highestPrices(engine.board.queueFor(requires, constraints)),
    offered: (prefix) => offered(roster, prefix),
  };
}

function operations(components: HubComponents, engine: Engine, links: PollLinks, version: string): BoundOperation[] {
  const { database, clock, lifecycle, settings } = components;
  return [
    ...taskOperations({ ...engine, database, clock, stopping: lifecycle.stopping }),
    ...blobOperations({ ...engine, database }),
    ...workflowOperations({ ...engine, database, clock }),
    ...mapOperations({ ...engine, database, clock, settings }),
    ...agentOperations({ ...engine, database, nowMs: () => clock.nowMs() }),
    ...leaseOperations({ ...engine, links, leaseTtlMs: components.settings.leaseTtlMs }),
    ...eventOperations(database),
    statusOperation({ ...engine, database, clock, settings: components.settings, version, startedAtMs: clock.nowMs() }),
  ];
}

function streams({ database, settings }: HubComponents, engine: Engine): RawRoute[] {
  return [
    createManyRoute({ ...engine, database, settings }),
    streamResultsRoute({ ...engine, database }),
    ...blobRoutes({ ...engine, database }),
    mapResultsRoute({ ...engine, database }),
  ];
}

function watch({ metrics, clock }: HubComponents, { board, roster }: Engine, feed: EventFeed): void {
  const sum = (of: (agent: ReturnType<AgentRoster['get']> & object) => number): number =>
    [...roster.all()].reduce((total, agent) => total + of(agent), 0);
  metrics.watch({
    waiting: () => board.waiting,
    waitingByPriority: () => board.waitingByPriority,
    oldestWaitingMs: () => board.oldestWaitingMs(clock.nowMs()),
    activeTenants: () => board.tenantCount,
    live: () => board.size,
    load: () => board.load.share,
    connectedAgents: () => sum((agent) => (agent.link ? 1 : 0)),
    openBreakers: () => sum((agent) => (agent.breaker.state === 'closed' ? 0 : 1)),
    eventReaders: () => feed.subscriberCount,
    busySlots: () => sum((agent) => agent.leases.size),
  });
}

function highestPrices({ wanted, qualified }: ClassQueue): TokenPrices | undefined {
  let highest: TokenPrices | undefined;
  for (const { matchable } of qualified) {
    const { input, output } = pricesFor(matchable, wanted);
    highest = {
      inputMicroUsd: highest && highest.inputMicroUsd > input ? highest.inputMicroUsd : input,
      outputMicroUsd: highest && highest.outputMicroUsd > output ? highest.outputMicroUsd : output,
    };
  }
  return highest;
}

function* offered(roster: AgentRoster, prefix: string): Generator<OfferedCapability> {
  for (const agent of roster.all()) {
    const { name: agentName, slots, stakeMicroUsd, region } = agent.offer;
    for (const capability of agent.offer.capabilities) {
      if (!capability.name.startsWith(prefix)) continue;
      yield {
        capability,
        agentId: agent.id,
        agentName,
        state: stateOf(agent),
        region,
        stakeMicroUsd,
        slots,
        leases: agent.leases.size,
        registeredAtMs: agent.registeredAtMs,
      };
    }
  }
}
