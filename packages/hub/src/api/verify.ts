import { Json } from '@reeve/kernel';
import { z } from 'zod';
import { CapabilityName, Proficiency } from './agent.ts';

const verifiers = {
  /**
   * JSON Schema (draft 7) that the output must satisfy; at most 16 KiB, without references, patterns and `uniqueItems`,
   * so that judging takes time in proportion to the output.
   */
  outputSchema: z.record(z.string(), Json).optional(),
  /** The answer is known: the agent, which is never told, has to give this very JSON value. */
  canary: z.object({ expected: Json }).optional(),
  /**
   * Once the task has succeeded an agent of this capability judges it: it gets `{ kind, input, output }` and answers
   * `true`, `false` or `{ "pass": … }`. The result does not wait for that.
   */
  check: z.object({ capability: CapabilityName, minProficiency: Proficiency.default(0) }).optional(),
  /** This share of such tasks is done once more by another agent, and both outputs compared as JSON values. */
  rerun: z.object({ share: z.number().gt(0).max(1) }).optional(),
};

/**
 * How what comes of a task is judged, by something other than its agent. It counts in what is learned of the agent's
 * proficiency; without a verifier an outcome says nothing of it. What fails `outputSchema` or `canary` is a failed attempt
 * besides, tried again like any other; `check` and `rerun` come later and change nothing about the result.
 */
export const Verify = z
  .object(verifiers)
  .refine((verify) => Object.keys(verify).length > 0, 'name at least one verifier');
export type Verify = z.output<typeof Verify>;

/** As a task shows it: the known answer of a canary is told to nobody. */
export const ShownVerify = z.object({ ...verifiers, canary: z.object({}).optional() });
export type ShownVerify = z.output<typeof ShownVerify>;
