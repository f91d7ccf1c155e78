import { z } from 'zod';
import type { BackendModel } from '../../node/backend.ts';
import { BackendMalformed } from '../../node/errors.ts';
import type { Connection } from './connection.ts';

const maxListBytes = 4 * 1024 * 1024;
const Tokens = z.int().positive().optional().catch(undefined);

/** What servers say of a model: the context's length has a different name in each of them. */
const ListedModel = z.object({
  id: z.string().min(1),
  owned_by: z.string().optional().catch(undefined),
  max_model_len: Tokens, // vLLM, SGLang
  context_length: Tokens, // OpenRouter, LiteLLM
  context_window: Tokens, // Groq
  max_context_length: Tokens, // LM Studio, Mistral
  meta: z.object({ n_ctx_train: Tokens }).nullish().catch(undefined), // llama.cpp
});
const ModelList = z.object({ data: z.array(z.unknown()) });

/** `GET /models`. Entries without an id are passed over; a list that is none is an error. */
export async function listModels(connection: Connection, signal: AbortSignal): Promise<BackendModel[]> {
  signal.throwIfAborted();
  const { firstByteTimeoutMs: answerTimeoutMs } = connection.settings;
  const exchange = connection.send(
    { method: 'GET', path: '/models', accept: 'application/json', answerTimeoutMs },
    signal,
  );
  return connection.using(exchange, signal, async () => {
    await connection.accepted(exchange);
    const list = ModelList.safeParse(json(await exchange.text(maxListBytes)));
    if (!list.success) {
      throw BackendMalformed.error(
        `${connection.settings.name} answered ${connection.settings.basePath}/models without a list of models; is the base URL right?`,
      );
    }
    return list.data.data.flatMap(modelOf);
  });
}

function json(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function modelOf(entry: unknown): BackendModel[] {
  const parsed = ListedModel.safeParse(entry);
  if (!parsed.success) return [];
  const { id, owned_by: ownedBy, ...lengths } = parsed.data;
  const contextTokens =
    lengths.max_model_len ??
    lengths.context_length ??
    lengths.context_window ??
    lengths.max_context_length ??
    lengths.meta?.n_ctx_train;
  return [
    { id, ...(contextTokens === undefined ? {} : { contextTokens }), ...(ownedBy === undefined ? {} : { ownedBy }) },
  ];
}
