import { parseArgs } from 'node:util';
import { writeResult } from '../../../bench/harness/results.ts';
import { measureRounds, quantileOf, type Contestant, type Measurement } from '../../../bench/harness/rounds.ts';
import { AgentOffer } from '../src/api/agent.ts';
import type { Constraints, Policy } from '../src/api/task.ts';
import { dueAtMs } from '../src/domain/ageing.ts';
import { chooseAgent } from '../src/domain/choice.ts';
import { newFigures, succeeded } from '../src/domain/figures.ts';
import { newAgent, standingOf, type LiveAgent, type LiveTask } from '../src/domain/live.ts';
import { score } from '../src/domain/match.ts';
import { list, nextTask } from '../src/domain/next-task.ts';
import { AgentRoster } from '../src/services/agent-roster.ts';
import { TaskBoard } from '../src/services/task-board.ts';
import { dispatchingWhole, type Scale } from './whole-dispatch.ts';

// What the scheduler itself costs. `dispatch`: a whole one, of which only the socket is missing (whole-dispatch.ts);
// `next`: what of it is the choice, without database and network: a slot is free, the next task is found and taken, and
// another one joins, with all agents busy and so many tasks waiting; `match`: a task comes and the best of
// 1,000 idle nodes is found, beside a look at each of them; `select`: a request for a model that 10,000 nodes offer, at
// prices and speeds of their own, finds its node by each policy, and with a ceiling of cost that no request had before.
// `node --conditions=reeve-source packages/hub/bench/dispatch.ts [--rounds 7] [--tasks 1000000] [--only next] [--write]`

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    tasks: { type: 'string', default: '1000000' },
    only: { type: 'string', default: 'dispatch,next,select,match' },
    write: { type: 'boolean', default: false },
  },
});
const dispatches = 50_000;
const matches = 20_000;
const selections = 2_000;
/** Who submits is known by a key, which has one text for its tenant. */
const tenants = Array.from({ length: 10 }, (_, number) => `t${number}`);
const capabilitiesPerAgent = 10;
const ageingMs = 300_000;
const settings = { inputMemoryBytes: 0, maxLiveTasks: 1e9, deferLowAt: 0.6, shedLowAt: 0.8, ageingMs };
const link = { congested: false, draining: false } as unknown as NonNullable<LiveAgent['link']>;

interface House {
  readonly roster: AgentRoster;
  readonly board: TaskBoard;
  readonly agents: readonly LiveAgent[];
}

function newHouse({ agents: count, capabilities }: Pick<Scale, 'agents' | 'capabilities'>, each: number): House {
  const roster = new AgentRoster();
  const board = new TaskBoard(roster, settings);
  const agents = Array.from({ length: count }, (_, number) => {
    const names = new Set(Array.from({ length: each }, (__, at) => `c${(number * 7 + at * 13) % capabilities}`));
    const offer = AgentOffer.parse({
      name: `agent ${number}`,
      capabilities: [...names].map((name) => ({ name, proficiency: 0.5 + (number % 50) / 100 })),
      slots: 4,
    });
    for (const name of names) offer.capabilities.find((each) => each.name === name)!.tokens = priceOf(number);
    const known = { id: `${number}`, tenant: 'bench', registeredAtMs: 0, heardAtMs: 0, lastSeenAtMs: undefined };
    const agent = newAgent({ ...known, offer, intent: 'active' });
    agent.link = link;
    roster.add(agent);
    return agent;
  });
  return { roster, board, agents };
}

/** Prices of nodes differ; one in two costs more than the ceiling of `select`. */
function priceOf(number: number) {
  return { priceInputMicroUsd: '0', priceOutputMicroUsd: `${1 + ((number * 7_919) % 1_000_000)}` };
}

let seq = 0;

/** What of a task the scheduler looks at. */
function join({ board }: House, capability: string, constraints: Constraints = {}): LiveTask {
  const number = ++seq;
  const priority = number % 4;
  const queue = board.queueFor([{ name: capability, minProficiency: 0 }], constraints);
  const links = { lane: undefined, previous: undefined, next: undefined };
  const order = { priority, dueAtMs: dueAtMs(priority, number, ageingMs), submittedAtMs: number, endings: 0 };
  const task = { seq: number, id: `${number}`, tenant: tenants[number % tenants.length]!, queue, ...order, ...links };
  const live = { ...task, input: undefined } as unknown as LiveTask;
  board.add(live);
  board.enqueue(live);
  return live;
}

function choosing(scale: Scale): Contestant {
  let house: House | undefined;
  const name = `${scale.agents} agents, ${scale.capabilities} capabilities, ${scale.tasks} tasks`;
  return {
    name,
    about: `${capabilitiesPerAgent} capabilities an agent, ${tenants.length} tenants, a slot is free → its next task is taken, another joins`,
    async measure() {
      house ??= filled(scale);
      const waitsUs: number[] = [];
      const startedMs = performance.now();
      for (let n = 0; n < dispatches; n++) {
        const beganMs = performance.now();
        const task = dispatch(house, house.agents[(n * 7_919) % house.agents.length]!);
        waitsUs.push((performance.now() - beganMs) * 1_000);
        house.board.remove(task);
        list(join(house, task.queue.wanted.requires[0]!.name).queue);
      }
      const elapsedMs = performance.now() - startedMs;
      return {
        p50Us: quantileOf(waitsUs, 0.5),
        p99Us: quantileOf(waitsUs, 0.99),
        cycleUs: (elapsedMs * 1_000) / dispatches,
      };
    },
  };
}

function filled(scale: Scale): House {
  const house = newHouse(scale, Math.min(capabilitiesPerAgent, scale.capabilities));
  for (let n = 0; n < scale.tasks; n++) list(join(house, `c${n % scale.capabilities}`).queue);
  return house;
}

function dispatch({ board }: House, agent: LiveAgent): LiveTask {
  const task = nextTask(agent, board.table)!;
  board.take(task);
  agent.turns.take(task.tenant, 1);
  return task;
}

type Choose = (house: House, task: LiveTask) => LiveAgent;

const byRanking: Choose = (_, task) => task.queue.qualified.best()!;

/** The floor in simplicity: a look at each node. */
const byLooking: Choose = ({ agents }, { queue }) => {
  let best = agents[0]!;
  let most = -1;
  for (const agent of agents) {
    const freeSlots = agent.offer.slots - agent.leases.size;
    if (freeSlots === 0) continue;
    const points = score(standingOf(agent, freeSlots), queue.wanted);
    if (points > most) [best, most] = [agent, points];
  }
  return best;
};

/** Half of the slots are busy: each match gives one lease, and the oldest one ends. */
function matching(name: string, about: string, choose: Choose): Contestant {
  const house = newHouse({ agents: 1_000, capabilities: 1 }, 1);
  const busy: LiveAgent[] = [];
  return {
    name,
    about,
    async measure() {
      const waitsUs: number[] = [];
      for (let n = 0; n < matches; n++) {
        const task = join(house, 'c0');
        const beganMs = performance.now();
        const agent = choose(house, task);
        house.board.take(task);
        waitsUs.push((performance.now() - beganMs) * 1_000);
        house.board.remove(task);
        agent.leases.set(n, undefined as never);
        busy.push(agent);
        if (busy.length > 2_000) free(busy.shift()!);
      }
      return { p50Us: quantileOf(waitsUs, 0.5), p99Us: quantileOf(waitsUs, 0.99) };
    },
  };
}

function free(agent: LiveAgent): void {
  const [oldest] = agent.leases.keys();
  agent.leases.delete(oldest!);
  for (const queue of agent.lowered) queue.qualified.raise(agent);
  agent.lowered.clear();
}

/** Each request gives one lease, is measured when it ends, and its agent then is free again. */
function selecting(name: string, about: string, constraintsOf: () => Constraints): Contestant {
  const house = newHouse({ agents: 10_000, capabilities: 1 }, 1);
  const busy: LiveAgent[] = [];
  return {
    name,
    about,
    async measure() {
      const waitsUs: number[] = [];
      for (let n = 0; n < selections; n++) {
        const constraints = constraintsOf();
        const beganMs = performance.now();
        const task = join(house, 'c0', constraints);
        const agent = chooseAgent(task.queue, task, Math.random)!;
        house.board.take(task);
        waitsUs.push((performance.now() - beganMs) * 1_000);
        house.board.remove(task);
        agent.leases.set(n, undefined as never);
        busy.push(agent);
        if (busy.length > 200) end(busy.shift()!);
      }
      return { p50Us: quantileOf(waitsUs, 0.5), p99Us: quantileOf(waitsUs, 0.99) };
    },
  };
}

function end(agent: LiveAgent): void {
  let figures = agent.figures.get('c0');
  if (!figures) agent.figures.set('c0', (figures = newFigures()));
  const firstChunkAtMs = 50 + (Number(agent.id) % 400);
  succeeded(figures, { grantedAtMs: 0, firstChunkAtMs, endedAtMs: 2 * firstChunkAtMs, chunks: 50 });
  free(agent);
}

const policyOf = (policy: Policy) => selecting(policy, '10,000 offers of one model', () => ({ policy }));

/** Each request is of a class of its own, so that all offers are looked at. */
const ceilings = selecting('cheapest, with a ceiling of cost of its own', '10,000 offers of one model', () => ({
  policy: 'cheapest',
  cost: { inputTokens: ++seq, outputTokens: 1_000_000, maxMicroUsd: '500000' },
}));

const rounds = Number(flags.rounds);
const small: Scale = { agents: 10, capabilities: 10, tasks: 1_000 };
const large: Scale = { agents: 10_000, capabilities: 1_000, tasks: Number(flags.tasks) };
const contestants: Record<string, () => Contestant[]> = {
  dispatch: () => [dispatchingWhole(small), dispatchingWhole(large)],
  next: () => [choosing(small), choosing(large)],
  select: () => [...(['cheapest', 'fastest', 'best', 'balanced'] as const).map(policyOf), ceilings],
  match: () => [
    matching('a look at each node (floor)', '1,000 nodes, half of their slots busy', byLooking),
    matching('reeve', '1,000 nodes, half of their slots busy: the best by score', byRanking),
  ],
};
const measurements: Record<string, Measurement> = {};
for (const name of flags.only.split(',')) measurements[name] = await measureRounds(contestants[name]!(), rounds);
const command = 'node --conditions=reeve-source packages/hub/bench/dispatch.ts --write';
if (flags.write) writeResult('dispatch', measurements, command);
process.exit(); // the hubs that dispatched are there as long as they may be measured once more
