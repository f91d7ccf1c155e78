import { z } from 'zod';

/**
 * How what comes of a task is judged, by something other than its agent. What fails is a failed attempt, tried again like
 * any other, and counts in what is learned of the agent's proficiency; without a verifier an outcome says nothing of it.
 */
export const Verify = z
  .object({
    /**
     * JSON Schema (draft 7) that the output must satisfy; at most 16 KiB, without references, patterns and `uniqueItems`,
     * so that judging takes time in proportion to the output.
     */
    outputSchema: z.record(z.string(), z.json()).optional(),
    /** The answer is known: the agent, which is never told, has to give this very JSON value. */
    canary: z.object({ expected: z.json() }).optional(),
  })
  .refine((verify) => Object.keys(verify).length > 0, 'name at least one verifier');
export type Verify = z.output<typeof Verify>;
