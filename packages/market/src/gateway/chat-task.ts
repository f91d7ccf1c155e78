import type { TaskSubmission } from '@reeve/hub/api';
import { capabilityOf } from '../domain/capability.ts';
import type { ChatRequest } from './chat-request.ts';

/**
 * A request as a task. Made by hand and not by the schema of submissions: the body is JSON already and the model is one
 * that a node offers, and walking through a long conversation once more would cost more than all the rest.
 */
export function chatTask(chat: ChatRequest, nowMs: number, timeoutMs: number): TaskSubmission {
  return {
    kind: 'llm.chat',
    input: chat as unknown as TaskSubmission['input'],
    requires: [{ name: capabilityOf('chat', chat.model), minProficiency: 0 }],
    constraints: {},
    priority: 'medium',
    timeoutMs,
    deadlineAtMs: nowMs + timeoutMs,
    labels: {},
    allowUnknown: false,
  };
}
