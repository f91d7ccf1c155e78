import type { Backend } from '../../node/backend.ts';
import { answer } from './answer.ts';
import { answerStream } from './answer-stream.ts';
import { Connection } from './connection.ts';
import { listModels } from './models.ts';
import { settingsOf, type OpenAiBackendOptions } from './options.ts';

export type { OpenAiBackendOptions } from './options.ts';

/** A backend behind any OpenAI-compatible URL: vLLM, Ollama, llama.cpp, SGLang, LM Studio, a hosted API. */
export function createOpenAiBackend(options: OpenAiBackendOptions): Backend {
  const connection = new Connection(settingsOf(options));
  const close = (): Promise<void> => connection.close();
  return {
    name: connection.settings.name,
    models: (signal) => listModels(connection, signal),
    answer: (body, signal, traceparent) => answer(connection, body, { signal, traceparent }),
    answerStream: (body, signal, traceparent) => answerStream(connection, body, { signal, traceparent }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
