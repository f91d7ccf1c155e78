import type { Clock } from '@reeve/kernel';
import type { Database, Logger, UnitStatement } from '@reeve/platform';
import type { AgentOffer } from '../api/agent.ts';
import type { CapabilityProficiency, EvidenceSource } from '../api/proficiency.ts';
import type { HubSettings } from '../components.ts';
import type { LiveAgent, LiveTask } from '../domain/live.ts';
import { namesOf } from '../domain/requirement-class.ts';
import { matchable, type MatchableOffer } from '../domain/match.ts';
import { count, estimate, type Tally } from '../domain/proficiency.ts';
import { selectEvidence, selectEvidenceOf, upsertEvidence } from '../store/evidence.ts';
import type { EvidenceTable } from '../store/tables.ts';
import type { AgentRoster } from './agent-roster.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { TaskBoard } from './task-board.ts';
import { agentEvent } from './task-event.ts';

const flushEveryMs = 1_000;
/** How often evidence fades in what matching uses. */
const fadeEveryMs = 60_000;
/** A smaller change does not make agents match anew. */
const noticedChange = 0.01;
const pageSize = 5_000;

export interface ProficienciesParts {
  readonly roster: AgentRoster;
  readonly board: TaskBoard;
  readonly dispatcher: Dispatcher;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: HubSettings;
}

/**
 * What is learned of agents. What a verifier finds while an attempt ends becomes durable with that ending; second opinions
 * and completions within a second.
 */
export class Proficiencies {
  readonly #parts: ProficienciesParts;
  /** What has been counted and not been written, by agent. */
  readonly #unwritten = new Map<LiveAgent, Map<string, Unwritten>>();
  #timer: NodeJS.Timeout | undefined;
  #fadedAtMs: number;

  constructor(parts: ProficienciesParts) {
    this.#parts = parts;
    this.#fadedAtMs = parts.clock.monotonicMs();
  }

  /** Takes up what is on record; agents are known by then. */
  async recover(): Promise<void> {
    const { database, roster } = this.#parts;
    for (let after: EvidenceKey = { agent_id: '', capability: '', source: 'schema' }; ;) {
      const rows = await database.read<EvidenceTable>(selectEvidence.bind({ ...after, limit: pageSize }));
      for (const row of rows) talliesOf(roster.get(row.agent_id), row.capability)?.set(row.source, tallyOf(row));
      if (rows.length < pageSize) break;
      after = rows.at(-1)!;
    }
    for (const agent of roster.all()) if (agent.evidence.size > 0) agent.matchable = this.matchable(agent);
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), flushEveryMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flush();
  }

  /** Takes up what is on record of an agent that is in the roster again. */
  async recall(agent: LiveAgent): Promise<void> {
    const rows = await this.#parts.database.read<EvidenceTable>(selectEvidenceOf.bind({ agent_id: agent.id }));
    for (const row of rows) talliesOf(agent, row.capability)?.set(row.source, tallyOf(row));
    agent.matchable = this.matchable(agent);
  }

  /** What was to be written with an ending was not: it is written with the next. */
  notWritten(agent: LiveAgent): void {
    for (const [capability, tallies] of agent.evidence)
      for (const [source, tally] of tallies) this.#keep(agent, { capability, source, tally });
  }

  /** A verifier judged what the agent made of a task that required these. */
  verified(agent: LiveAgent, capabilities: readonly string[], source: EvidenceSource, good: boolean): void {
    this.#count(agent, capabilities, source, good);
    this.relearn(agent);
  }

  /** What the agent stated about its work under a capability was found to be true so often, and so often not. */
  stated(agent: LiveAgent, capability: string, found: { readonly good: number; readonly bad: number }): void {
    for (let n = 0; n < found.good; n++) this.#count(agent, [capability], 'receipt', true);
    for (let n = 0; n < found.bad; n++) this.#count(agent, [capability], 'receipt', false);
    this.relearn(agent);
  }

  /** An attempt ended by the agent, one way or the other. */
  completed(agent: LiveAgent, { queue }: LiveTask, good: boolean): void {
    this.#count(agent, namesOf(queue.wanted), 'completion', good);
  }

  /** What of the agent is to be written together with the ending of an attempt of it. */
  unwritten(agent: LiveAgent): UnitStatement[] {
    const unwritten = this.#unwritten.get(agent);
    if (!unwritten) return [];
    this.#unwritten.delete(agent);
    return Array.from(unwritten.values(), (each) => upsertEvidence.bind(rowOf(agent, each)));
  }

  /** Lets matching use what is known of the agent now, when that has changed enough to matter. */
  relearn(agent: LiveAgent): void {
    const learned = this.matchable(agent);
    const before = agent.matchable.proficiencies;
    const changed = [...learned.proficiencies].filter(([name, now]) => differs(before.get(name), now));
    if (changed.length === 0) return;
    const { roster, board, dispatcher, database, log } = this.#parts;
    agent.matchable = learned;
    roster.requalify(agent, board.queues());
    dispatcher.agentChanged(agent);
    const events = [agentEvent(agent, 'agent.proficiency', Object.fromEntries(changed))];
    database.commit({ statements: [], events }).catch((error: unknown) => {
      log.warn({ agentId: agent.id, err: error }, 'a change of proficiency could not be noted');
    });
  }

  /** What matching looks at of an agent that makes this offer. */
  matchable(agent: LiveAgent, offer: AgentOffer = agent.offer): MatchableOffer {
    const blends = new Map<string, number>();
    for (const { name, proficiency } of offer.capabilities) {
      if (!agent.evidence.has(name)) continue;
      const { blend } = estimate(proficiency, agent.evidence.get(name), this.#nowMs(), this.#settings());
      blends.set(name, rounded(blend));
    }
    return matchable(offer, blends);
  }

  /** What is known of an agent, with what it stands on. */
  view(agent: LiveAgent): CapabilityProficiency[] {
    return agent.offer.capabilities.map(({ name: capability, proficiency: declared }) => {
      const tallies = agent.evidence.get(capability);
      const { learned, blend, reliability } = estimate(declared, tallies, this.#nowMs(), this.#settings());
      return {
        capability,
        declared,
        ...(learned === undefined ? {} : { learned: rounded(learned) }),
        blend: rounded(blend),
        reliability: rounded(reliability),
        evidence: Array.from(tallies ?? [], ([source, tally]) => evidenceOf(source, tally)),
      };
    });
  }

  #count(agent: LiveAgent, capabilities: readonly string[], source: EvidenceSource, good: boolean): void {
    for (const capability of capabilities) {
      const tallies = talliesOf(agent, capability)!;
      count(tallies, source, good, this.#nowMs(), this.#settings().halfLifeMs);
      this.#keep(agent, { capability, source, tally: tallies.get(source)! });
    }
  }

  #keep(agent: LiveAgent, each: Unwritten): void {
    const unwritten = this.#unwritten.get(agent) ?? new Map<string, Unwritten>();
    this.#unwritten.set(agent, unwritten);
    unwritten.set(`${each.source} ${each.capability}`, each);
  }

  #tick(): void {
    void this.#flush();
    if (this.#parts.clock.monotonicMs() - this.#fadedAtMs < fadeEveryMs) return;
    this.#fadedAtMs = this.#parts.clock.monotonicMs();
    for (const agent of this.#parts.roster.all()) if (agent.evidence.size > 0) this.relearn(agent);
  }

  /** Writes what no ending took along. What cannot be written now is written with the next change. */
  async #flush(): Promise<void> {
    const statements = Array.from(this.#unwritten.keys()).flatMap((agent) => this.unwritten(agent));
    if (statements.length === 0) return;
    try {
      await this.#parts.database.commit({ statements });
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'what was learned of agents could not be written');
    }
  }

  #nowMs(): number {
    return this.#parts.clock.nowMs();
  }

  #settings() {
    return this.#parts.settings.proficiency;
  }
}

type EvidenceKey = Pick<EvidenceTable, 'agent_id' | 'capability' | 'source'>;

interface Unwritten {
  readonly capability: string;
  readonly source: EvidenceSource;
  readonly tally: Tally;
}

function talliesOf(agent: LiveAgent | undefined, capability: string) {
  if (!agent) return undefined; // removed, its evidence is kept
  let tallies = agent.evidence.get(capability);
  if (!tallies) agent.evidence.set(capability, (tallies = new Map()));
  return tallies;
}

function evidenceOf(source: EvidenceSource, { goodCount, badCount, atMs }: Tally) {
  return { source, good: goodCount, bad: badCount, lastAtMs: atMs };
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

function differs(before: number | undefined, now: number): boolean {
  return before === undefined || Math.abs(before - now) >= noticedChange;
}

/** The database keeps whole numbers: weighted sums are in millionths. */
const million = 1e6;

function rowOf(agent: LiveAgent, { capability, source, tally }: Unwritten): EvidenceTable {
  return {
    agent_id: agent.id,
    capability,
    source,
    good_millionths: Math.round(tally.good * million),
    bad_millionths: Math.round(tally.bad * million),
    at_ms: tally.atMs,
    good_count: tally.goodCount,
    bad_count: tally.badCount,
  };
}

function tallyOf(row: EvidenceTable): Tally {
  return {
    good: row.good_millionths / million,
    bad: row.bad_millionths / million,
    atMs: row.at_ms,
    goodCount: row.good_count,
    badCount: row.bad_count,
  };
}
