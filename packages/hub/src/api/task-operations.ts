import { defineOperation, NotFound, Overloaded, pageOf, PageQuery, plainText, TooLarge, Uuid } from '@reeve/kernel';
import { z } from 'zod';
import { QuotaExceeded, TaskEnded, TaskNotDead, UnknownCapability } from '../errors.ts';
import { CapabilityName } from './agent.ts';
import { Explanation } from './explain.ts';
import { Task, TaskState, TaskSubmission, TaskSummary } from './task.ts';

const byId = z.object({ id: Uuid });

export const createTask = defineOperation({
  name: 'tasks.create',
  summary: 'Submit a task',
  description: 'Answered once the task is durable; from then on it runs to an end state, whatever crashes.',
  access: 'tasks:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/tasks', status: 201 },
  input: TaskSubmission,
  output: TaskSummary,
  errors: [UnknownCapability, TooLarge, Overloaded, QuotaExceeded],
  examples: [
    {
      title: 'Extract a PDF',
      input: { requires: [{ name: 'pdf.extract', minProficiency: 0.8 }], input: { url: 'file:///a.pdf' } },
    },
  ],
});
export const createTaskBatch = defineOperation({
  name: 'tasks.createBatch',
  summary: 'Submit up to 10,000 tasks, all or none',
  description:
    'Answered once all are durable, with ids in the order of the tasks. Any number, each for itself: `tasks.createMany`.',
  access: 'tasks:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/tasks/batch', status: 201, bodyLimitBytes: 32 * 1024 * 1024 },
  input: z.object({ tasks: z.array(TaskSubmission).min(1).max(10_000) }),
  output: z.object({ ids: z.array(Uuid) }),
  errors: [UnknownCapability, TooLarge, Overloaded, QuotaExceeded],
});
export const showTask = defineOperation({
  name: 'tasks.show',
  summary: 'Show one task, at once or when it has ended',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/tasks/{id}' },
  input: z.object({
    id: Uuid,
    /** Wait up to this long for the task to end; answers with the state at that moment either way. */
    waitMs: z.int().min(0).max(30_000).default(0),
  }),
  output: Task,
  errors: [NotFound],
});
export const listTasks = defineOperation({
  name: 'tasks.list',
  summary: 'List tasks, newest first',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/tasks' },
  input: z.object({
    ...PageQuery,
    state: TaskState.optional(),
    capability: CapabilityName.optional(),
    kind: plainText(100).optional(),
  }),
  output: pageOf(TaskSummary),
});
export const cancelTask = defineOperation({
  name: 'tasks.cancel',
  summary: 'Cancel a task; a running attempt is told to stop',
  access: 'tasks:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/tasks/{id}/cancel' },
  input: z.object({ id: Uuid, reason: z.string().max(500).default('cancelled by its submitter') }),
  output: TaskSummary,
  errors: [NotFound, TaskEnded],
});
export const replayTask = defineOperation({
  name: 'tasks.replay',
  summary: 'Give a dead task new attempts',
  access: 'tasks:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/tasks/{id}/replay' },
  input: z.object({ id: Uuid, attempts: z.int().min(1).max(100).default(3) }),
  output: TaskSummary,
  errors: [NotFound, TaskNotDead],
});
export const explainTask = defineOperation({
  name: 'tasks.explain',
  summary: 'Why this agent has the task, or why none has',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/tasks/{id}/explain' },
  input: byId,
  output: Explanation,
  errors: [NotFound],
});
