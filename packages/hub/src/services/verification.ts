import { canonicalJson, type JsonValue } from '@reeve/kernel';
import type { EvidenceSource } from '../api/proficiency.ts';
import type { TaskError } from '../api/task.ts';
import { attemptError } from '../domain/attempt-error.ts';
import type { Lease } from '../domain/live.ts';
import { OutputRefused } from '../errors.ts';
import type { OutputSchemas } from './output-schemas.ts';
import type { Proficiencies } from './proficiencies.ts';

export interface VerificationParts {
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
    const { verify } = lease.task;
    if (!verify) return undefined;
    const { outputSchema, canary } = verify;
    if (outputSchema) {
      const fault = this.#parts.schemas.fault(outputSchema, output);
      const refused = this.#verdict(lease, 'schema', fault);
      if (refused) return refused;
    }
    if (!canary) return undefined;
    const same = canonicalJson(output) === canonicalJson(canary.expected);
    // Neither what was expected nor what came may be told: the agent's side may see errors, too.
    return this.#verdict(lease, 'canary', same ? undefined : 'it is not the known answer');
  }

  #verdict({ agent, task }: Lease, source: EvidenceSource, fault: string | undefined): TaskError | undefined {
    this.#parts.proficiencies.verified(agent, task, source, fault === undefined);
    return fault === undefined
      ? undefined
      : attemptError(OutputRefused, `refused by its verifier (${source}): ${fault}`);
  }
}
