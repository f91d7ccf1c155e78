import { compiledSchema } from '@reeve/kernel';
import type { z } from 'zod';
import { AgentFrame, agentProtocol } from '../../api/protocol.ts';
import { ProtocolViolation } from '../../errors.ts';

/** Most frames in one message. */
const frameLimit = 10_000;

/**
 * Reads one message of an agent.
 * @throws ProtocolViolation for anything but an array of known frames; the message says which frame and why.
 */
export function readFrames(text: string): AgentFrame[] {
  const value = parse(text);
  if (!Array.isArray(value) || value.length === 0 || value.length > frameLimit)
    throw ProtocolViolation.error(`a message must be a JSON array of 1–${frameLimit} frames`);
  const frames: AgentFrame[] = [];
  for (let index = 0; index < value.length; index++) frames.push(readFrame(value[index], index));
  return frames;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw ProtocolViolation.error('a message must be JSON', { cause });
  }
}

function readFrame(value: unknown, index: number): AgentFrame {
  const result = compiledSchema(AgentFrame).safeParse(value);
  if (result.success) return result.data;
  throw ProtocolViolation.error(
    `frame ${index} is not one of ${agentProtocol.subprotocol}: ${firstIssue(result.error)}`,
  );
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.join('.') || 'it'} ${issue.message}` : 'it is not valid';
}
