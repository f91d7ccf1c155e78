import type { Backend } from '../../node/backend.ts';
import { chat } from './chat.ts';
import { chatStream } from './chat-stream.ts';
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
    chat: (body, signal) => chat(connection, body, signal),
    chatStream: (body, signal) => chatStream(connection, body, signal),
    close,
    [Symbol.asyncDispose]: close,
  };
}
