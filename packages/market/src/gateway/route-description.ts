import type { RawRoute } from '@reeve/platform';
import { z } from 'zod';
import type { Endpoint } from './endpoints.ts';

type About = NonNullable<RawRoute['about']>;

const summaries: Record<Endpoint['content'], string> = {
  messages: 'Chat with a model, as of OpenAI’s API',
  prompt: 'Have a text completed by a model, as of OpenAI’s API',
  input: 'Turn texts into vectors, as of OpenAI’s API',
};

/** What the gateway itself looks at; every other field goes to the node as it came. */
export function aboutOf({ content }: Endpoint): About {
  const asked = { messages: z.array(z.looseObject({ role: z.string() })).min(1), prompt: text, input: text }[content];
  const stream = content === 'input' ? {} : { stream: z.boolean().nullable().optional() };
  const streamed = content === 'input' ? {} : { 'text/event-stream': z.string() };
  return {
    summary: summaries[content],
    description:
      'Each request is a task for whichever node serves the model; the header `X-Reeve-Task` names it. Fields that are not listed go to the model as they are.',
    body: z.looseObject({ model: z.string().min(1), [content]: asked, ...stream }),
    answers: { 'application/json': z.looseObject({}), ...streamed },
  };
}

const text = z.union([z.string().min(1), z.array(z.unknown()).min(1)]);
