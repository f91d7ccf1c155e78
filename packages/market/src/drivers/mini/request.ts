import type { InputIssue } from '@reeve/kernel';
import { z } from 'zod';
import type { ModelBody } from '../../node/backend.ts';
import { BackendRefused } from '../../node/errors.ts';
import { piecesOf } from './tokens.ts';

export const modelId = 'mini';
/** Prompt and answer together. The model looks at three tokens; the limit is there for the work it causes. */
export const contextTokens = 8_192;
const defaultMaxTokens = 256;

/** A chat request as the model needs it. */
export interface MiniRequest {
  /** What the last user said: the topic. */
  readonly question: string;
  readonly promptTokens: number;
  /** Nothing was answered yet in this conversation. */
  readonly opensConversation: boolean;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed: number;
  readonly stops: readonly string[];
  readonly includeUsage: boolean;
}

const toy = 'mini is a toy: an n-gram model';
const absent = z.null().optional();

const Content = z.union(
  [z.string(), z.null(), z.array(z.looseObject({ type: z.literal('text'), text: z.string() }))],
  `${toy} that reads text only: content must be a string or parts of type "text"`,
);
const Message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: Content.optional(),
});
const Stop = z.string().min(1).max(256);

/** What is named here is honoured or refused; sampling parameters that are not named (`top_p`, penalties) have no effect. */
const MiniBody = z.looseObject({
  model: z.literal(modelId, `this node serves one model, ${modelId}`),
  messages: z.array(Message).min(1, 'messages must not be empty'),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  seed: z.int().nullish(),
  stop: z.union([Stop, z.array(Stop).max(4)]).nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  n: z.literal(1, `${toy} that gives one choice: n must be 1`).nullish(),
  tools: z.array(z.unknown()).max(0, `${toy} that calls no tools: leave tools out`).nullish(),
  functions: z.array(z.unknown()).max(0, `${toy} that calls no functions: leave functions out`).nullish(),
  response_format: z
    .looseObject({ type: z.literal('text', `${toy} that cannot keep to a format: response_format must be "text"`) })
    .nullish(),
  logprobs: z.literal(false, `${toy} that gives no log probabilities: leave logprobs out`).nullish(),
  audio: absent,
});

type Body = z.infer<typeof MiniBody>;

/**
 * @throws BackendRefused with status and error object as a real backend would answer, and every fault with its path.
 */
export function readRequest(body: ModelBody): MiniRequest {
  const parsed = MiniBody.safeParse(body);
  if (!parsed.success) throw refusal(parsed.error.issues.map(asIssue));
  const promptTokens = parsed.data.messages.reduce((sum, message) => sum + tokensOf(message), 0);
  return {
    question: textOf(parsed.data.messages.findLast((message) => message.role === 'user')),
    promptTokens,
    opensConversation: !parsed.data.messages.some((message) => message.role === 'assistant'),
    maxTokens: maxTokensOf(parsed.data, promptTokens),
    temperature: parsed.data.temperature ?? 1,
    seed: parsed.data.seed ?? Math.floor(Math.random() * 2 ** 32),
    stops: [parsed.data.stop ?? []].flat(),
    includeUsage: parsed.data.stream_options?.include_usage === true,
  };
}

function maxTokensOf(body: Body, promptTokens: number): number {
  const wanted = body.max_completion_tokens ?? body.max_tokens;
  const left = contextTokens - promptTokens;
  if ((wanted ?? 1) <= left) return wanted ?? Math.min(defaultMaxTokens, left);
  const message = `the context is ${contextTokens} tokens: ${promptTokens} in the messages and ${wanted ?? 1} to answer are too many`;
  throw refusal([{ path: ['messages'], message }], 'context_length_exceeded');
}

/** Tokens of a message as the model counts them: its text, and one for the role. */
function tokensOf(message: z.infer<typeof Message>): number {
  return 1 + piecesOf(textOf(message)).length;
}

function textOf(message: z.infer<typeof Message> | undefined): string {
  const content = message?.content ?? '';
  return typeof content === 'string' ? content : content.map((part) => part.text).join('\n');
}

function asIssue(issue: z.core.$ZodIssue): InputIssue {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  return { path, message: issue.message };
}

function refusal(issues: readonly InputIssue[], code?: string): Error {
  const first = issues[0] ?? { path: [], message: 'the request is not valid' };
  const param = first.path.join('.');
  const wrongModel = param === 'model';
  const error = {
    message: first.message,
    type: 'invalid_request_error',
    param,
    code: code ?? (wrongModel ? 'model_not_found' : null),
  };
  return BackendRefused.error(`mini refuses ${param || 'the request'}: ${first.message}`, {
    issues,
    details: { status: wrongModel ? 404 : 400, error },
  });
}
