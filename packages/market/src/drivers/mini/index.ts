import type { Backend } from '../../node/backend.ts';
import { BackendUnreachable } from '../../node/errors.ts';
import { chat } from './chat.ts';
import { chatStream } from './chat-stream.ts';
import { trainMini } from './mini.ts';
import { listModels } from './models.ts';

export interface MiniBackendOptions {
  /** Texts to train on in place of Reeve's own documents: plain or Markdown. */
  readonly texts?: readonly string[];
}

/**
 * The built-in model: an n-gram toy that makes a first request work without a download or a model server, and says
 * that it is one. Trained when it is made, within a few tens of milliseconds; many thousand tokens per second.
 */
export async function createMiniBackend(options: MiniBackendOptions = {}): Promise<Backend> {
  const mini = await trainMini(options.texts);
  const closed = new AbortController();
  const until = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, closed.signal]);
  const close = async (): Promise<void> => closed.abort(BackendUnreachable.error('mini was closed'));
  return {
    name: 'mini',
    models: async () => listModels(),
    answer: (body, signal) => chat(mini, body, until(signal)),
    answerStream: (body, signal) => chatStream(mini, body, until(signal)),
    close,
    [Symbol.asyncDispose]: close,
  };
}
