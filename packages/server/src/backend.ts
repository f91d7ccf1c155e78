import { createMiniBackend, createOpenAiBackend, type Backend } from '@reeve/market/node';
import { secretFromEnvironment } from '@reeve/platform';

export interface BackendChoice {
  /** Base URL of an OpenAI-compatible server; the built-in toy model when not given. */
  readonly backend?: string;
  /** Serve the built-in toy model. */
  readonly mini?: boolean;
  /** Name of the environment variable that holds the backend's key. */
  readonly backendKeyEnv?: string;
}

export async function backendOf({ backend, backendKeyEnv }: BackendChoice): Promise<Backend> {
  if (backend === undefined) return createMiniBackend();
  const apiKey = backendKeyEnv === undefined ? undefined : secretFromEnvironment(backendKeyEnv);
  return createOpenAiBackend({ url: backend, ...(apiKey !== undefined && { apiKey }) });
}
