import type { JsonValue } from '@reeve/kernel';
import type { EventDraft } from '@reeve/platform';

/** An event about a task, for the log. */
export function taskEvent(
  task: { readonly id: string; readonly tenant: string },
  type: string,
  data: JsonValue,
): EventDraft {
  return { type, tenant: task.tenant, subject: `task:${task.id}`, data };
}

/** An event about an agent, for the log. */
export function agentEvent(
  agent: { readonly id: string; readonly tenant: string },
  type: string,
  data: JsonValue,
): EventDraft {
  return { type, tenant: agent.tenant, subject: `agent:${agent.id}`, data };
}

/** An event about a workflow, for the log. */
export function workflowEvent(
  workflow: { readonly id: string; readonly tenant: string },
  type: string,
  data: JsonValue,
): EventDraft {
  return { type, tenant: workflow.tenant, subject: `workflow:${workflow.id}`, data };
}
