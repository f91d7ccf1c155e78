import type { TaskSubmission } from '@reeve/hub/api';
import { capabilityOf } from '../domain/capability.ts';
import type { Endpoint } from './endpoints.ts';
import type { ModelRequest } from './model-request.ts';

/**
 * A request as a task. Made by hand and not by the schema of submissions: the body is JSON already and the model is one
 * that a node offers, and walking through a long conversation once more would cost more than all the rest.
 */
export function modelTask(
  { kind, taskKind }: Endpoint,
  request: ModelRequest,
  nowMs: number,
  timeoutMs: number,
): TaskSubmission {
  return {
    kind: taskKind,
    input: request as unknown as TaskSubmission['input'],
    requires: [{ name: capabilityOf(kind, request.model), minProficiency: 0 }],
    constraints: {},
    priority: 'medium',
    timeoutMs,
    deadlineAtMs: nowMs + timeoutMs,
    labels: {},
    allowUnknown: false,
  };
}
