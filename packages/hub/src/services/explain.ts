import type { Clock } from '@reeve/kernel';
import { formatDurationMs } from '@reeve/kernel';
import type { AgentVerdict, Explanation } from '../api/explain.ts';
import type { Constraints, Requirement, TaskState } from '../api/task.ts';
import { freeSlots, standingOf, stateOf, type LiveAgent } from '../domain/live.ts';
import { firstMismatch, score, scoreParts, type ScoreParts } from '../domain/match.ts';
import { retryBudgetUsedUp } from '../domain/retry-budget.ts';
import { requirementClass, type RequirementClass } from '../domain/requirement-class.ts';
import type { TaskRow } from '../store/read-tasks.ts';
import { constraintsOf, errorOf, requiresOf } from '../store/task-json.ts';
import type { AgentRoster } from './agent-roster.ts';
import type { TaskBoard } from './task-board.ts';

/** Agents looked at in one explanation. */
const sampleLimit = 200;

export interface ExplainParts {
  readonly board: TaskBoard;
  readonly roster: AgentRoster;
  readonly clock: Clock;
}

/** What each agent (or a sample) would be to such a task at this moment, judged by the same rules as dispatch. */
export function judgeAll(
  roster: AgentRoster,
  requires: readonly Requirement[],
  constraints: Constraints,
): Pick<Explanation, 'agents' | 'agentsTotal' | 'sampled'> {
  const wanted = requirementClass(requires, constraints);
  const agents = rank(sample(roster, undefined, wanted).map((agent) => judge(agent, wanted)));
  return { agents, agentsTotal: roster.size, sampled: roster.size > sampleLimit };
}

/** Why this agent has the task, or why none has: every agent (or a sample) judged by the same rules as dispatch. */
export function explain({ board, roster, clock }: ExplainParts, row: TaskRow): Explanation {
  const wanted = requirementClass(requiresOf(row), constraintsOf(row));
  const holder = row.agent_id === null ? undefined : roster.get(row.agent_id);
  const agents = sample(roster, holder, wanted);
  const verdicts = rank(agents.map((agent) => judge(agent, wanted)));
  const task = board.get(row.id);
  const ahead = task?.lane ? task.queue.ahead(task) : undefined;
  return {
    taskId: row.id,
    state: row.state,
    summary: summarise(row, verdicts, roster, clock.nowMs()),
    ...(ahead === undefined ? {} : { ahead }),
    agents: verdicts,
    agentsTotal: roster.size,
    sampled: roster.size > sampleLimit,
  };
}

/** First who has it, then those that could, then others, whose refusal is worth the least. */
function sample(roster: AgentRoster, holder: LiveAgent | undefined, wanted: RequirementClass): LiveAgent[] {
  const agents = new Set<LiveAgent>(holder ? [holder] : []);
  for (const some of [roster.candidates(wanted), roster.all()]) {
    for (const agent of some) {
      if (agents.size === sampleLimit) return [...agents];
      agents.add(agent);
    }
  }
  return [...agents];
}

function judge(agent: LiveAgent, wanted: RequirementClass): AgentVerdict {
  const state = stateOf(agent);
  const free = freeSlots(agent);
  const proficiency = proficiencyIn(agent, wanted);
  const measured = agent.figures.get(wanted.requires[0]!.name);
  const facts = {
    agentId: agent.id,
    agentName: agent.offer.name,
    state,
    proficiency,
    freeSlots: free,
    ...(measured && { measured }),
  };
  const mismatch = firstMismatch(agent.matchable, wanted);
  if (mismatch) return { ...facts, eligible: false, failed: mismatch };
  if (state !== 'online')
    return { ...facts, eligible: false, failed: { requirement: 'state', wanted: 'online', found: state } };
  if (agent.breaker.state === 'open')
    return { ...facts, eligible: false, failed: { requirement: 'circuit breaker', wanted: 'closed', found: 'open' } };
  const standing = standingOf(agent, free);
  const { proficiency: _, ...parts } = scoreParts(standing, wanted);
  return { ...facts, eligible: true, score: rounded(score(standing, wanted)), parts: mapped(parts) };
}

function mapped(parts: Omit<ScoreParts, 'proficiency'>): Omit<ScoreParts, 'proficiency'> {
  const { freeShare, cheapness, speed, success, kept } = parts;
  return {
    freeShare: rounded(freeShare),
    cheapness: rounded(cheapness),
    speed: rounded(speed),
    success: rounded(success),
    kept: rounded(kept),
  };
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

function proficiencyIn({ offer, matchable }: LiveAgent, { requires }: RequirementClass): AgentVerdict['proficiency'] {
  return requires.flatMap(({ name: capability }) => {
    const declared = offer.capabilities.find(({ name }) => name === capability)?.proficiency;
    return declared === undefined
      ? []
      : [{ capability, declared, blend: matchable.proficiencies.get(capability) ?? declared }];
  });
}

/** Eligible agents first, best first; a full one keeps its score but ranks behind those with a free slot. */
function rank(verdicts: AgentVerdict[]): AgentVerdict[] {
  const eligible = verdicts.filter((verdict) => verdict.eligible);
  eligible.sort((a, b) => Number(b.freeSlots > 0) - Number(a.freeSlots > 0) || b.score! - a.score!);
  return [
    ...eligible.map((verdict, index) => ({ ...verdict, rank: index + 1 })),
    ...verdicts.filter((verdict) => !verdict.eligible),
  ];
}

function summarise(row: TaskRow, verdicts: readonly AgentVerdict[], roster: AgentRoster, nowMs: number): string {
  const holder = row.agent_id === null ? undefined : roster.get(row.agent_id);
  const name = holder ? holder.offer.name : 'an agent that was removed';
  const words: Record<TaskState, () => string> = {
    blocked: () => 'It waits for other tasks of its workflow.',
    scheduled: () =>
      `It waits ${formatDurationMs(Math.max(0, (row.run_at_ms ?? nowMs) - nowMs))} more before it may run.`,
    queued: () => waitingFor(verdicts, roster.size),
    leased: () => `${name} has it: attempt ${row.attempt} of ${row.max_attempts}.`,
    succeeded: () => `${name} delivered it in attempt ${row.attempt}.`,
    dead: () => `It failed for good after ${row.attempt} of ${row.max_attempts} attempts${whyNotAgain(row)}.`,
    cancelled: () => 'It was cancelled.',
    expired: () => 'Its deadline passed before it was delivered.',
  };
  return words[row.state]();
}

function whyNotAgain(row: TaskRow): string {
  if (errorOf(row)?.details?.['notRetried'] !== retryBudgetUsedUp) return '';
  const { name } = requiresOf(row)[0]!;
  return `: so many requests for ${name} had failed that the retry budget was used up, and it was not tried again`;
}

function waitingFor(verdicts: readonly AgentVerdict[], agentsTotal: number): string {
  if (agentsTotal === 0) return 'No agent is registered.';
  const eligible = verdicts.filter((verdict) => verdict.eligible);
  if (eligible.some(({ freeSlots: free }) => free > 0)) return 'It is about to be handed over.';
  if (eligible.length === 1) return 'The only agent that can do it is busy.';
  if (eligible.length > 1) return `All ${eligible.length} agents that can do it are busy.`;
  const broken = verdicts.filter(({ failed }) => failed?.requirement === 'circuit breaker').length;
  if (broken === 1) return 'One agent could do it, but it failed too often and is given a pause.';
  if (broken > 1) return `${broken} agents could do it, but they failed too often and are given a pause.`;
  const matching = verdicts.filter(({ failed }) => failed?.requirement === 'state').length;
  if (matching === 1) return 'One agent could do it, but it is not online.';
  if (matching > 1) return `${matching} agents could do it, but none of them is online.`;
  return 'No agent meets its requirements.';
}
