import { capabilityOf } from '../domain/capability.ts';
import type { Constraints, Requirement, TaskSubmission } from '@reeve/hub/api';
import type { Endpoint } from './endpoints.ts';
import type { ModelRequest } from './model-request.ts';
import type { Urgency } from './routing.ts';

/**
 * A request as a task. Made by hand and not by the schema of submissions: the body is JSON already and the model is one
 * that a node offers, and walking through a long conversation once more would cost more than all the rest.
 */
export function modelTask(
  endpoint: Endpoint,
  request: ModelRequest,
  constraints: Constraints,
  { priority = 'medium', timeoutMs: wantedMs = Infinity }: Urgency,
  nowMs: number,
  longestMs: number,
): TaskSubmission {
  const timeoutMs = Math.min(wantedMs, longestMs);
  return {
    kind: endpoint.taskKind,
    input: request as unknown as TaskSubmission['input'],
    requires: requirementsOf(endpoint, request.model),
    constraints,
    priority,
    timeoutMs,
    deadlineAtMs: nowMs + timeoutMs,
    labels: {},
    allowUnknown: false,
  };
}

export function requirementsOf({ kind }: Endpoint, model: string): Requirement[] {
  return [{ name: capabilityOf(kind, model), minProficiency: 0 }];
}
