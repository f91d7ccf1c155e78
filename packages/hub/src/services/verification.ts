import { canonicalJson, type JsonValue } from '@reeve/kernel';
import type { EvidenceSource } from '../api/proficiency.ts';
import type { TaskError } from '../api/task.ts';
import { attemptError } from '../domain/attempt-error.ts';
import { verdictOf, type Judged } from '../domain/judged.ts';
import type { Lease, LiveAgent } from '../domain/live.ts';
import { namesOf } from '../domain/requirement-class.ts';
import { OutputRefused } from '../errors.ts';
import type { AgentRoster } from './agent-roster.ts';
import type { OutputSchemas } from './output-schemas.ts';
import type { Proficiencies } from './proficiencies.ts';

export interface VerificationParts {
  readonly roster: AgentRoster;
  readonly schemas: OutputSchemas;
  readonly proficiencies: Proficiencies;
}

/** Judges outputs by the verifiers that their submitters named, and lets every verdict count for the agent. */
export class Verification {
  readonly #parts: VerificationParts;

  constructor(parts: VerificationParts) {
    this.#parts = parts;
  }

  /** Why the output is refused, or `undefined` when nothing speaks against it. */
  judge(lease: Lease, output: JsonValue): TaskError | undefined {
    const { outputSchema, canary, judges } = lease.task.verify ?? {};
    if (judges) return this.#secondOpinion(lease.agent, judges, output);
    if (outputSchema) {
      const refused = this.#verdict(lease, 'schema', this.#parts.schemas.fault(outputSchema, output));
      if (refused) return refused;
    }
    if (!canary) return undefined;
    const same = canonicalJson(output) === canonicalJson(canary.expected);
    // Neither what was expected nor what came may be told: the agent's side may see errors, too.
    return this.#verdict(lease, 'canary', same ? undefined : 'it is not the known answer');
  }

  #verdict({ agent, task }: Lease, source: EvidenceSource, fault: string | undefined): TaskError | undefined {
    this.#parts.proficiencies.verified(agent, namesOf(task.queue.wanted), source, fault === undefined);
    return fault === undefined ? undefined : refusal(`${source}: ${fault}`);
  }

  /** An agent has judged, or done again, what another made. Nobody is judged by its own word: that counts for nothing. */
  #secondOpinion(judge: LiveAgent, judged: Judged, output: JsonValue): TaskError | undefined {
    const same = canonicalJson(output) === canonicalJson(judged.output);
    const good = judged.how === 'rerun' ? same : verdictOf(output);
    if (good === undefined)
      return refusal('check: it answers neither true nor false, nor with an object that says pass');
    const agent = this.#parts.roster.get(judged.agentId);
    if (!agent || agent === judge) return undefined;
    this.#parts.proficiencies.verified(agent, judged.capabilities, judged.how, good);
    if (judged.how === 'rerun') this.#parts.proficiencies.verified(judge, judged.capabilities, 'rerun', good);
    return undefined;
  }
}

function refusal(why: string): TaskError {
  return attemptError(OutputRefused, `refused by its verifier, ${why}`);
}
