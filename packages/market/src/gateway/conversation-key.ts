import { hash } from 'node:crypto';

/** So much of a message tells one conversation from others. */
const headLength = 2_048;

/**
 * What is the same in all requests of one conversation, and in no other but by chance: everything up to the first message
 * of the user. The node that has seen it may still hold its part of the cache. Undefined when there is no such message.
 */
export function conversationKey(tenant: string, model: string, messages: unknown): string | undefined {
  if (!Array.isArray(messages)) return undefined;
  let text = `${tenant}\n${model}`;
  for (const message of messages as readonly { role?: unknown; content?: unknown }[]) {
    const { role, content } = message;
    text += `\n${String(role)}\n${(typeof content === 'string' ? content : JSON.stringify(content ?? null)).slice(0, headLength)}`;
    if (role === 'user') return hash('sha1', text, 'base64');
  }
  return undefined;
}
