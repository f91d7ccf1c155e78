import { Json, Uuid } from '@reeve/kernel';
import { z } from 'zod';
import { AgentState } from './agent.ts';
import { TaskState } from './task.ts';

export const Measured = z.object({
  answers: z.int(),
  success: z.number(),
  /** From the lease to the first chunk of a stream. */
  firstChunkMs: z.number().optional(),
  chunkGapMs: z.number().optional(),
  /** From the lease to an answer that was not streamed. */
  wholeMs: z.number().optional(),
});

/** Why one agent would or would not get a task: the first requirement that failed with both values, or its score. */
export const AgentVerdict = z.object({
  agentId: Uuid,
  agentName: z.string(),
  state: AgentState,
  eligible: z.boolean(),
  /** First requirement that failed. */
  failed: z.object({ requirement: z.string(), wanted: Json, found: Json }).optional(),
  /** Of the required capabilities it offers: what it declares, and the blend with what was verified, which counts. */
  proficiency: z.array(z.object({ capability: z.string(), declared: z.number(), blend: z.number() })),
  /** 0..1, higher is better; only of eligible agents. */
  score: z.number().optional(),
  /** What the score is made of beside proficiency, each 0..1; how much each counts is the policy's. */
  parts: z
    .object({
      freeShare: z.number(),
      cheapness: z.number(),
      speed: z.number(),
      success: z.number(),
      kept: z.number(),
    })
    .optional(),
  /** What was measured of its answers, the newest counting most. */
  measured: Measured.optional(),
  rank: z.int().optional(),
  freeSlots: z.int(),
});
export type AgentVerdict = z.output<typeof AgentVerdict>;

export const Explanation = z.object({
  taskId: Uuid,
  state: TaskState,
  /** One sentence for people: who has it, what it waits for, or how it ended. */
  summary: z.string(),
  /** Tasks of its own tenant before it in its queue, while it is queued; tenants take turns. */
  ahead: z.int().optional(),
  /** Agents looked at: all, or the sample's size when there are many. */
  agents: z.array(AgentVerdict),
  agentsTotal: z.int(),
  sampled: z.boolean(),
});
export type Explanation = z.output<typeof Explanation>;
