import type { ModelKind } from '../api/models.ts';

/** A door of OpenAI's API behind which a model answers. */
export interface Endpoint {
  readonly path: string;
  /** For rate limits and metrics, as operations are named. */
  readonly name: string;
  /** Kind of the task, for people and statistics. */
  readonly taskKind: string;
  /** What the model must be offered for. */
  readonly kind: ModelKind;
  /** The field of the body that says what is asked. */
  readonly content: 'messages' | 'prompt' | 'input';
}

export const endpoints: readonly Endpoint[] = [
  {
    path: '/v1/chat/completions',
    name: 'chat.complete',
    taskKind: 'llm.chat',
    kind: 'chat',
    content: 'messages',
  },
  {
    path: '/v1/completions',
    name: 'completions.create',
    taskKind: 'llm.completion',
    kind: 'chat',
    content: 'prompt',
  },
  {
    path: '/v1/embeddings',
    name: 'embeddings.create',
    taskKind: 'llm.embeddings',
    kind: 'embeddings',
    content: 'input',
  },
];
