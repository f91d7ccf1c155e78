import type { ErrorKind } from '@reeve/kernel';
import type { JsonObject } from './json-object.ts';

/** RFC 9457 with our extensions. */
export function problemSchema(kinds: readonly ErrorKind[]): JsonObject {
  const issue = {
    type: 'object',
    properties: {
      path: { type: 'array', items: { type: ['string', 'integer'] } },
      message: { type: 'string' },
    },
    required: ['path', 'message'],
  };
  return {
    type: 'object',
    properties: {
      type: { type: 'string', format: 'uri-reference', description: 'The page that explains the code.' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      code: {
        type: 'string',
        description: 'Stable; decide by it.',
        examples: kinds.slice(0, 3).map(({ code }) => code),
      },
      retryable: { type: 'boolean', description: 'Whether the same request can succeed later.' },
      correlationId: { type: 'string' },
      retryAfterMs: { type: 'integer' },
      issues: { type: 'array', items: issue, description: 'Every fault of the input, with its path.' },
      details: { type: 'object', additionalProperties: true },
    },
    required: ['type', 'title', 'status', 'detail', 'code', 'retryable'],
  };
}
