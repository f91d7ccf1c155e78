import type { Behaviour, ChatRequest } from './behaviour.ts';

/** One answer, worked out before the first byte: what is said, in which pieces, and how it ends. */
export interface Answer {
  readonly id: string;
  readonly model: string;
  readonly created: number;
  readonly deltas: readonly string[];
  readonly tool: string | undefined;
  /** Whether it answers a prompt and not a conversation. */
  readonly isText: boolean;
  readonly choices: number;
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly total_tokens: number };
}

// Words with two-, three- and four-byte UTF-8 sequences, so that no reader passes by luck.
const words = ['Hello', ' from', ' the', ' simulated', ' backend', ' –', ' grüß', ' dich', ' 🌍', '.'];
const wordLists = new Map<number, readonly string[]>();
let lastId = 0;

export function answerTo(request: ChatRequest, behaviour: Behaviour): Answer {
  const deltas = restOf(deltasOf(request, behaviour), request, behaviour);
  const choices = request.n ?? 1;
  const prompt = promptTokens(request);
  const completion = deltas.length * choices;
  return {
    id: `chatcmpl-sim-${++lastId}`,
    model: request.model ?? 'sim-small',
    created: Math.floor(Date.now() / 1_000),
    deltas,
    isText: request.prompt !== undefined,
    tool:
      request.tools?.length && request.tool_choice !== 'none' ? (request.tools[0]?.function?.name ?? '') : undefined,
    choices,
    usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
  };
}

/** What follows after the part of the answer that the request ends with. */
function restOf(deltas: readonly string[], request: ChatRequest, { continues }: Behaviour): readonly string[] {
  const last = request.messages?.at(-1)?.content;
  const before = request.continue_final_message === true ? last : request.prompt;
  if (!continues || typeof before !== 'string') return deltas;
  for (let given = deltas.length; given > 0; given--)
    if (before.endsWith(deltas.slice(0, given).join(''))) return deltas.slice(given);
  return deltas;
}

function deltasOf(request: ChatRequest, behaviour: Behaviour): readonly string[] {
  if (behaviour.hugeDelta > 0) return ['x'.repeat(behaviour.hugeDelta)];
  if (request.tools?.length && request.tool_choice !== 'none') return ['{"city":', '"Lin', 'z"}'];
  const format = request.response_format?.type;
  if (format === 'json_object' || format === 'json_schema') return ['{"answer":', '"simulated"', '}'];
  if (behaviour.content !== undefined) return behaviour.content.match(/\s*\S+|\s+$/g) ?? [];
  return wordsOf(behaviour.tokens);
}

function wordsOf(count: number): readonly string[] {
  let list = wordLists.get(count);
  if (list === undefined) {
    list = Array.from({ length: count }, (_, index) => words[index % words.length]!);
    wordLists.set(count, list);
  }
  return list;
}

/** One token per four characters of the messages: constant for a request, and no more is claimed. */
function promptTokens(request: ChatRequest): number {
  let characters = 0;
  for (const message of request.messages ?? []) {
    if (typeof message.content === 'string') characters += message.content.length;
  }
  return 3 + Math.ceil(characters / 4);
}

/** The `chat.completion` object of a request that is not streamed, as JSON. */
export function completionText(answer: Answer): string {
  const choices = Array.from({ length: answer.choices }, (_, index) => choiceText(answer, index)).join(',');
  const object = answer.isText ? 'text_completion' : 'chat.completion';
  return `{"id":"${answer.id}","object":"${object}","created":${answer.created},"model":${JSON.stringify(answer.model)},"choices":[${choices}],"usage":${JSON.stringify(answer.usage)},"system_fingerprint":"fp_simulator"}`;
}

function choiceText(answer: Answer, index: number): string {
  const said = answer.deltas.join('');
  if (answer.isText) return `{"index":${index},"text":${JSON.stringify(said)},"logprobs":null,"finish_reason":"stop"}`;
  const message =
    answer.tool === undefined
      ? { role: 'assistant', content: said, refusal: null }
      : { role: 'assistant', content: null, refusal: null, tool_calls: [toolCall(answer.tool, said)] };
  const finish = answer.tool === undefined ? 'stop' : 'tool_calls';
  return `{"index":${index},"message":${JSON.stringify(message)},"logprobs":null,"finish_reason":"${finish}"}`;
}

function toolCall(name: string, callArguments: string): object {
  return { id: 'call_sim_1', type: 'function', function: { name, arguments: callArguments } };
}

/** The chunks of a streamed answer in order, each as JSON: role, deltas, finish, and usage when asked for. */
export function* chunkTexts(answer: Answer, includeUsage: boolean): Generator<string> {
  const object = answer.isText ? 'text_completion' : 'chat.completion.chunk';
  const head = `{"id":"${answer.id}","object":"${object}","created":${answer.created},"model":${JSON.stringify(answer.model)},"system_fingerprint":"fp_simulator","choices":[`;
  const tail = includeUsage ? `],"usage":null}` : `]}`;
  for (let index = 0; index < answer.choices && !answer.isText; index++) yield head + firstChoice(answer, index) + tail;
  for (const delta of answer.deltas) {
    for (let index = 0; index < answer.choices; index++) yield head + deltaChoice(answer, index, delta) + tail;
  }
  for (let index = 0; index < answer.choices; index++) yield head + lastChoice(answer, index) + tail;
  if (includeUsage) yield `${head}],"usage":${JSON.stringify(answer.usage)}}`;
}

function firstChoice(answer: Answer, index: number): string {
  const delta =
    answer.tool === undefined
      ? { role: 'assistant', content: '', refusal: null }
      : { role: 'assistant', content: null, tool_calls: [{ index: 0, ...toolCall(answer.tool, '') }] };
  return `{"index":${index},"delta":${JSON.stringify(delta)},"logprobs":null,"finish_reason":null}`;
}

function deltaChoice(answer: Answer, index: number, text: string): string {
  const said = JSON.stringify(text);
  if (answer.isText) return `{"index":${index},"text":${said},"logprobs":null,"finish_reason":null}`;
  const delta =
    answer.tool === undefined ? `{"content":${said}}` : `{"tool_calls":[{"index":0,"function":{"arguments":${said}}}]}`;
  return `{"index":${index},"delta":${delta},"logprobs":null,"finish_reason":null}`;
}

function lastChoice(answer: Answer, index: number): string {
  if (answer.isText) return `{"index":${index},"text":"","logprobs":null,"finish_reason":"stop"}`;
  const finish = answer.tool === undefined ? 'stop' : 'tool_calls';
  return `{"index":${index},"delta":{},"logprobs":null,"finish_reason":"${finish}"}`;
}
