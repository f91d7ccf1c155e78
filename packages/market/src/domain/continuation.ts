import { z } from 'zod';

/** What of a request has to be known to go on with its answer elsewhere. */
const Continuable = z.strictObject({
  model: z.string(),
  messages: z.array(z.object({ role: z.string(), content: z.string() })).optional(),
  prompt: z.string().optional(),
  stream: z.literal(true),
  stream_options: z.unknown().optional(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  seed: z.int().nullish(),
  n: z.literal(1).nullish(),
  max_tokens: z.int().nullish(),
  max_completion_tokens: z.int().nullish(),
  user: z.unknown().optional(),
  metadata: z.unknown().optional(),
});
type Continuable = z.output<typeof Continuable>;

/**
 * A request whose broken answer another node may go on with: one text of a model that always says the same, since it takes
 * the likeliest token each time or draws by a seed. Of tools, schemas, penalties, stop sequences and whatever is not known
 * here nobody can say what they mean in the middle of an answer. Undefined for all others.
 */
export function continuable(body: object): Continuable | undefined {
  const { stream, temperature, seed } = body as Record<string, unknown>;
  // Nearly no request gets further, and to walk through a long conversation takes long.
  if (stream !== true || (temperature !== 0 && typeof seed !== 'number')) return undefined;
  const { data } = Continuable.safeParse(body);
  return data?.messages?.at(-1)?.role === 'assistant' ? undefined : data;
}

export function isGreedy({ temperature }: Pick<Continuable, 'temperature'>): boolean {
  return temperature === 0;
}

/** The request for what follows after `text`, as vLLM and those that follow it take it: their answer holds only the rest. */
export function requestAfter<Body extends object>(body: Body, text: string): Body {
  if (text === '') return body;
  if ('prompt' in body) return { ...body, prompt: `${String(body.prompt)}${text}` };
  const messages = 'messages' in body && Array.isArray(body.messages) ? (body.messages as unknown[]) : [];
  return {
    ...body,
    messages: [...messages, { role: 'assistant', content: text }],
    continue_final_message: true,
    add_generation_prompt: false,
  };
}

/** The request with so many tokens less to give; undefined when nothing is left. */
export function withTokensGiven<Body extends object>(body: Body, tokens: number): Body | undefined {
  const left: Record<string, number> = {};
  for (const limit of ['max_tokens', 'max_completion_tokens'] as const) {
    const value = (body as Record<string, unknown>)[limit];
    if (typeof value !== 'number') continue;
    if (value <= tokens) return undefined;
    left[limit] = value - tokens;
  }
  return { ...body, ...left };
}
