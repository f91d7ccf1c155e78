import type { InputIssue } from '@reeve/kernel';
import { InvalidChatRequest } from '../errors.ts';

/** A chat request as far as the gateway reads it; everything else passes through to the model untouched. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly unknown[];
  readonly stream?: boolean | null;
  readonly [field: string]: unknown;
}

/**
 * Checks what the gateway has to know. The rest is the model server's to judge: it knows what it supports.
 * @throws InvalidChatRequest with the path of each fault.
 */
export function readChatRequest(body: unknown): ChatRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw InvalidChatRequest.error('the body must be a JSON object with `model` and `messages`');
  }
  const issues = faultsOf(body as Record<string, unknown>);
  if (issues.length === 0) return body as ChatRequest;
  const first = issues[0]!;
  throw InvalidChatRequest.error(`${first.path.join('.')} ${first.message}`, { issues });
}

function faultsOf({ model, messages, stream }: Record<string, unknown>): InputIssue[] {
  const issues: InputIssue[] = [];
  if (typeof model !== 'string' || model === '')
    issues.push({ path: ['model'], message: 'must be the name of a model' });
  if (!Array.isArray(messages) || messages.length === 0) {
    issues.push({ path: ['messages'], message: 'must be a list with at least one message' });
  } else {
    messages.forEach((message: unknown, index) => {
      if (typeof message === 'object' && message !== null && 'role' in message && typeof message.role === 'string')
        return;
      issues.push({ path: ['messages', index], message: 'must be an object with a `role`' });
    });
  }
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    issues.push({ path: ['stream'], message: 'must be true or false' });
  }
  return issues;
}
