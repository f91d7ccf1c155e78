import OpenAI from 'openai';
import type { Hub } from '../system.ts';

const policies = ['balanced', 'cheapest', 'fastest'] as const;

/** An answer as its client got it. */
export interface Answer {
  readonly agentId: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** What is asked, and by how many at once. */
export interface Load {
  readonly model: string;
  readonly requests: number;
  readonly clients: number;
  /** Called with the number of answers so far. */
  readonly onAnswer: (count: number) => void;
}

/** Asks with the unmodified OpenAI client, by three policies in turn. @throws what any of the requests failed with. */
export async function ask({ url, apiKey }: Hub, { model, requests, clients, onAnswer }: Load): Promise<Answer[]> {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
  const answers: Answer[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    for (let number = next++; number < requests; number = next++) {
      const messages = [{ role: 'user' as const, content: `What do ${number + 2} machines make of this?` }];
      const options = { headers: { 'x-reeve-policy': policies[number % policies.length]! } };
      const request = { model, messages, max_tokens: 20 + (number % 21) };
      const { data, response } = await openai.chat.completions.create(request, options).withResponse();
      const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = data.usage!;
      answers.push({ agentId: response.headers.get('x-reeve-node')!, promptTokens, completionTokens });
      onAnswer(answers.length);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return answers;
}
