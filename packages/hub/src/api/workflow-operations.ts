import { defineOperation, NotFound, pageOf, PageQuery, plainText, TooLarge, Uuid } from '@reeve/kernel';
import { z } from 'zod';
import { NotWaitingForApproval, UnknownCapability, WorkflowCycle, WorkflowEnded } from '../errors.ts';
import { WorkflowRun, WorkflowState, WorkflowSubmission, WorkflowSummary } from './workflow.ts';

const byId = z.object({ id: Uuid });

export const createWorkflow = defineOperation({
  name: 'workflows.create',
  summary: 'Submit tasks that depend on one another, with approvals and what undoes them',
  description:
    'A node runs when all it depends on have succeeded. What comes after a failed node is cancelled; when everything has ' +
    'ended, the compensations of nodes that succeeded run, the last to succeed first. An input may refer to the output of a ' +
    'node before it as {"$output": "<node>", "path": […]}.',
  access: 'tasks:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/workflows', status: 201, bodyLimitBytes: 8 * 1024 * 1024 },
  input: WorkflowSubmission,
  output: WorkflowRun,
  errors: [WorkflowCycle, UnknownCapability, TooLarge],
  examples: [
    {
      title: 'Fetch, then count',
      input: {
        nodes: [
          { name: 'fetch', task: { requires: [{ name: 'http.fetch' }], input: { url: 'file:///a.txt' } } },
          {
            name: 'count',
            dependsOn: ['fetch'],
            task: { requires: [{ name: 'text.count' }], input: { $output: 'fetch', path: ['text'] } },
          },
        ],
      },
    },
  ],
});
export const showWorkflow = defineOperation({
  name: 'workflows.show',
  summary: 'Show a workflow with its nodes',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/workflows/{id}' },
  input: byId,
  output: WorkflowRun,
  errors: [NotFound],
});
export const listWorkflows = defineOperation({
  name: 'workflows.list',
  summary: 'List workflows, newest first',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/workflows' },
  input: z.object({ ...PageQuery, state: WorkflowState.optional() }),
  output: pageOf(WorkflowSummary),
});
export const approveNode = defineOperation({
  name: 'workflows.approve',
  summary: 'Agree to what a workflow waits for, or refuse it',
  description: 'Refused, the node counts as failed: what depends on it is cancelled, and compensation follows.',
  access: 'approvals:give',
  effect: 'write',
  http: { method: 'POST', path: '/v1/workflows/{id}/approve' },
  input: z.object({ id: Uuid, node: plainText(63), agree: z.boolean().default(true) }),
  output: WorkflowRun,
  errors: [NotFound, NotWaitingForApproval],
});
export const cancelWorkflow = defineOperation({
  name: 'workflows.cancel',
  summary: 'Cancel what of a workflow has not ended; what has succeeded is compensated',
  access: 'tasks:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/workflows/{id}/cancel' },
  input: byId,
  output: WorkflowRun,
  errors: [NotFound, WorkflowEnded],
});
