import { setTimeout as pause } from 'node:timers/promises';
import { AgentProcesses } from '../faults/system/agent-process.ts';
import type { Child, Exit } from '../faults/system/child.ts';
import type { HubHome } from '../faults/system/hub-process.ts';
import type { RecordPlace } from './record-place.ts';
import type { Fault, Scenario } from './scenario.ts';

const stopLimitMs = 15_000;

export type HubEnd = 'killed' | 'stopped';

/** The processes of one simulation, and what is done to them. */
export class World implements AsyncDisposable {
  readonly home: HubHome;
  readonly agents: AgentProcesses;
  /** What was done when, for people. */
  readonly timeline: string[] = [];
  /** Those that were reached. */
  readonly faults: Fault[] = [];
  /** How each start of the hub that counted an epoch came to its end; the last is not in it while it runs. */
  readonly epochEnds = new Map<number, HubEnd>();
  readonly #scenario: Scenario;
  readonly #complain: (text: string) => void;
  readonly #record: RecordPlace;
  readonly #expected = new WeakSet<Child>();
  readonly #agentChildren: Child[] = [];
  #hub: Child | undefined;
  #zeroMs = performance.now();

  constructor(scenario: Scenario, home: HubHome, record: RecordPlace, complain: (text: string) => void) {
    this.#scenario = scenario;
    this.#record = record;
    this.#complain = complain;
    this.home = home;
    this.agents = new AgentProcesses(home);
  }

  /** Brings everything up for the first time. */
  async start(): Promise<void> {
    const { firstStartKilledAfterMs, agents } = this.#scenario;
    this.#startHub();
    if (firstStartKilledAfterMs !== undefined) await this.#killHub(firstStartKilledAfterMs);
    if (!this.#hub) this.#startHub();
    await this.#ready();
    for (const index of agents.keys()) this.#startAgent(index);
  }

  /** From here on times are counted. */
  begin(): void {
    this.#zeroMs = performance.now();
  }

  elapsedMs(): number {
    return performance.now() - this.#zeroMs;
  }

  async apply(fault: Fault): Promise<void> {
    this.faults.push(fault);
    const { kind, afterMs: _, ...facts } = fault;
    this.note(
      kind,
      Object.entries(facts).map(([name, value]) => `${name} ${value}`),
    );
    switch (fault.kind) {
      case 'kill-hub':
      case 'stop-hub':
        await this.#downAndUp(fault);
        return;
      case 'kill-both':
        await Promise.all([this.#killHub(0), this.#endAgent(fault.agent, 'SIGKILL')]);
        await pause(fault.downMs);
        this.#startHub();
        this.#startAgent(fault.agent);
        return;
      case 'kill-agent':
      case 'stop-agent':
        await this.#endAgent(fault.agent, fault.kind === 'kill-agent' ? 'SIGKILL' : 'SIGTERM');
        await pause(fault.downMs);
        this.#startAgent(fault.agent);
        return;
      case 'freeze-hub':
        return freeze(this.#hub!, fault.forMs);
      case 'freeze-agent':
        return freeze(this.#agentChildren[fault.agent]!, fault.forMs);
    }
  }

  /** After the storm: waits until the hub answers. */
  async calm(): Promise<void> {
    this.note('calm');
    await this.#ready();
  }

  /** Stops the hub in order. */
  async stop(): Promise<void> {
    await this.#stopHub();
  }

  /** What the hub that runs, or ran last, printed. */
  get hubOutput(): string {
    return this.#hub?.output ?? '';
  }

  async #downAndUp({ kind, downMs, againAfterMs }: Extract<Fault, { kind: 'kill-hub' | 'stop-hub' }>): Promise<void> {
    const end = (): Promise<void> => (kind === 'kill-hub' ? this.#killHub(0) : this.#stopHub());
    await end();
    await pause(downMs);
    this.#startHub();
    if (againAfterMs === undefined) return;
    await pause(againAfterMs);
    this.note(`${kind} while it starts`);
    await end();
    this.#startHub();
  }

  #startHub(): void {
    this.#hub = this.#watched(this.home.spawn(), 'the hub');
  }

  async #killHub(afterMs: number): Promise<void> {
    const hub = this.#hub!;
    await pause(afterMs);
    this.#expected.add(hub);
    await hub.kill();
    await this.#hubEnded('killed');
  }

  async #stopHub(): Promise<void> {
    const hub = this.#hub!;
    this.#expected.add(hub);
    hub.signal('SIGTERM');
    const exit = await Promise.race([hub.exited, pause(stopLimitMs, undefined, { ref: false })]);
    if (exit === undefined) this.#complain(`the hub did not stop within ${stopLimitMs} ms\n${tail(hub)}`);
    else if (!isOrderly(exit, hub)) this.#complain(`SIGTERM ended the hub with ${JSON.stringify(exit)}\n${tail(hub)}`);
    if (exit === undefined) await hub.kill();
    await this.#hubEnded(exit?.code === 0 ? 'stopped' : 'killed');
  }

  async #hubEnded(how: HubEnd): Promise<void> {
    this.#hub = undefined;
    const epoch = await this.#record.epoch(this.home.folder);
    if (!this.epochEnds.has(epoch)) this.epochEnds.set(epoch, how);
  }

  #startAgent(index: number): void {
    const { name, slots } = this.#scenario.agents[index]!;
    const child = this.agents.spawn({ name, slots, capabilities: ['act', 'llm.chat:sim'] });
    this.#agentChildren[index] = this.#watched(child, name);
  }

  async #endAgent(index: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#agentChildren[index]!;
    this.#expected.add(child);
    child.signal(signal);
    const exit = await Promise.race([child.exited, pause(stopLimitMs, undefined, { ref: false })]);
    if (exit === undefined) await child.kill();
    if (signal === 'SIGTERM' && !(exit && isOrderly(exit, child)))
      this.#complain(`SIGTERM ended an agent with ${JSON.stringify(exit ?? 'nothing')}\n${tail(child)}`);
  }

  #watched(child: Child, name: string): Child {
    void child.exited.then((exit) => {
      if (!this.#expected.has(child))
        this.#complain(`${name} ended by itself: ${JSON.stringify(exit)}\n${tail(child)}`);
    });
    return child;
  }

  #ready(): Promise<void> {
    return this.home.ready(this.#hub!);
  }

  note(what: string, facts: readonly string[] = []): void {
    this.timeline.push(`${(this.elapsedMs() / 1_000).toFixed(2).padStart(7)} s  ${[what, ...facts].join(', ')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [this.#hub, ...this.#agentChildren]) if (child) this.#expected.add(child);
    await this.agents[Symbol.asyncDispose]();
    await this.home[Symbol.asyncDispose]();
  }
}

async function freeze(child: Child, forMs: number): Promise<void> {
  child.signal('SIGSTOP');
  await pause(forMs);
  child.signal('SIGCONT');
}

/**
 * Whoever has printed a line hears signals. Before, a process may not have come so far: SIGTERM then ends it as it ends
 * any process.
 */
function isOrderly({ code, signal }: Exit, child: Child): boolean {
  return code === 0 || (signal === 'SIGTERM' && child.output === '');
}

function tail(child: Child): string {
  return child.output.trimEnd().split('\n').slice(-12).join('\n');
}
