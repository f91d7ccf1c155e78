import type { InputIssue } from '@reeve/kernel';
import { InvalidModelRequest } from '../errors.ts';
import type { Endpoint } from './endpoints.ts';

/** A request to a model as far as the gateway reads it; everything else passes through to the model untouched. */
export interface ModelRequest {
  readonly model: string;
  readonly stream?: boolean | null;
  readonly [field: string]: unknown;
}

/**
 * Checks what the gateway has to know. The rest is the model server's to judge: it knows what it supports.
 * @throws InvalidModelRequest with the path of each fault.
 */
export function readModelRequest({ content }: Endpoint, body: unknown): ModelRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw InvalidModelRequest.error(`the body must be a JSON object with \`model\` and \`${content}\``);
  }
  const issues = faultsOf(body as Record<string, unknown>, content);
  if (issues.length === 0) return body as ModelRequest;
  const first = issues[0]!;
  throw InvalidModelRequest.error(`${first.path.join('.')} ${first.message}`, { issues });
}

function faultsOf(body: Record<string, unknown>, content: Endpoint['content']): InputIssue[] {
  const { model, stream } = body;
  const issues: InputIssue[] = [];
  if (typeof model !== 'string' || model === '')
    issues.push({ path: ['model'], message: 'must be the name of a model' });
  issues.push(...(content === 'messages' ? messageFaults(body['messages']) : textFaults(content, body[content])));
  if (content === 'input' ? stream : stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    const message = content === 'input' ? 'is not possible: embeddings come as a whole' : 'must be true or false';
    issues.push({ path: ['stream'], message });
  }
  return issues;
}

function messageFaults(messages: unknown): InputIssue[] {
  if (!Array.isArray(messages) || messages.length === 0)
    return [{ path: ['messages'], message: 'must be a list with at least one message' }];
  const issues: InputIssue[] = [];
  messages.forEach((message: unknown, index) => {
    if (typeof message === 'object' && message !== null && 'role' in message && typeof message.role === 'string')
      return;
    issues.push({ path: ['messages', index], message: 'must be an object with a `role`' });
  });
  return issues;
}

/** A prompt or an input is a text, a list of texts, a list of tokens, or a list of such lists. */
function textFaults(field: string, value: unknown): InputIssue[] {
  if (typeof value === 'string' && value !== '') return [];
  if (Array.isArray(value) && value.length > 0) return [];
  return [{ path: [field], message: 'must be a text that is not empty, or a list of texts or of tokens' }];
}
