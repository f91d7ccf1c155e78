import { EpochMs, Name, plainText, Uuid } from '@reeve/kernel';
import { z } from 'zod';
import { TaskError, TaskState, TaskSubmission } from './task.ts';

const NodeName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must be 1–63 letters, digits, dots, dashes or underscores');

/** Stands in the input of a node for the output, or a part of it, of a node before it. */
export const OutputReference = z.strictObject({
  $output: NodeName,
  /** Members and indices on the way to the part. */
  path: z
    .array(z.union([z.string(), z.int().nonnegative()]))
    .max(20)
    .optional(),
});
export type OutputReference = z.output<typeof OutputReference>;

const task = TaskSubmission.omit({ idempotencyKey: true });

export const WorkflowNode = z
  .strictObject({
    name: NodeName,
    /** Nodes that must have succeeded before. */
    dependsOn: z.array(NodeName).max(100).default([]),
    task: task.optional(),
    /** Instead of a task: a person has to agree; what it is about, for that person. */
    approval: plainText(2_000).min(1).optional(),
    /** What undoes the task, should the workflow fail after it succeeded. Its input may refer to the output of the task. */
    compensate: task.optional(),
  })
  .refine((node) => (node.task === undefined) !== (node.approval === undefined), 'give either task or approval')
  .refine((node) => node.compensate === undefined || node.task !== undefined, 'only a task can be compensated');
export type WorkflowNode = z.output<typeof WorkflowNode>;

export const WorkflowSubmission = z.object({
  name: Name.default('workflow'),
  nodes: z
    .array(WorkflowNode)
    .min(1)
    .max(200)
    .refine((nodes) => nodes.some((node) => node.task !== undefined), 'at least one node must be a task'),
});
export type WorkflowSubmission = z.output<typeof WorkflowSubmission>;

export const WorkflowState = z.enum(['running', 'succeeded', 'failed', 'cancelled']);
export type WorkflowState = z.output<typeof WorkflowState>;

/** `failed`: at least one compensation failed for good and waits for somebody to replay its task. */
export const CompensationState = z.enum(['none', 'running', 'done', 'failed']);
export type CompensationState = z.output<typeof CompensationState>;

export const ApprovalState = z.enum(['blocked', 'waiting', 'given', 'refused', 'withdrawn']);
export type ApprovalState = z.output<typeof ApprovalState>;

export const WorkflowRun = z.object({
  id: Uuid,
  name: z.string(),
  state: WorkflowState,
  compensation: CompensationState,
  createdAtMs: EpochMs,
  finishedAtMs: EpochMs.optional(),
  nodes: z.array(
    z.object({
      name: z.string(),
      dependsOn: z.array(z.string()),
      taskId: Uuid.optional(),
      /** Of its task. */
      state: TaskState.optional(),
      error: TaskError.optional(),
      approval: z
        .object({ about: z.string(), state: ApprovalState, by: z.string().optional(), atMs: EpochMs.optional() })
        .optional(),
      compensation: z.object({ taskId: Uuid, state: TaskState }).optional(),
    }),
  ),
});
export type WorkflowRun = z.output<typeof WorkflowRun>;
export const WorkflowSummary = WorkflowRun.omit({ nodes: true });
export type WorkflowSummary = z.output<typeof WorkflowSummary>;
