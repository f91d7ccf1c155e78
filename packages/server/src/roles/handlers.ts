import { createHandlerThreads } from '@reeve/hub/adapters';
import { serveHub, startAgentProcess, untilStopped, type AgentProcess } from '../connect.ts';

export interface HandlersOptions {
  /** Module that exports handlers. */
  readonly module: string;
  readonly name: string;
  readonly threads?: number;
  readonly warm?: number;
  readonly idleTimeoutMs?: number;
  readonly memoryMib?: number;
  readonly url?: string;
  readonly key?: string;
}

/** The handlers of a module as an agent, each attempt in a thread. */
export async function run(options: HandlersOptions): Promise<void> {
  const agent = startAgentProcess();
  await untilStopped(agent, () => serveHandlers(agent, options));
}

async function serveHandlers(agent: AgentProcess, options: HandlersOptions): Promise<void> {
  const { module, name, threads, warm, idleTimeoutMs, memoryMib } = options;
  const pool = await createHandlerThreads({
    module,
    log: agent.log,
    ...(threads !== undefined && { maxThreads: threads }),
    ...(warm !== undefined && { warmThreads: warm }),
    ...(idleTimeoutMs !== undefined && { idleTimeoutMs }),
    ...(memoryMib !== undefined && { memoryMib }),
  });
  agent.lifecycle.onStop('connections', 'handler threads', async () => pool[Symbol.asyncDispose]());
  const capabilities = pool.capabilities.map(({ name: capability }) => capability);
  agent.log.info({ module, capabilities, threads: pool.maxThreads }, 'handlers to serve');
  const offer = { name, capabilities: [...pool.capabilities], slots: pool.maxThreads };
  await serveHub(agent, options, { offer, handler: pool.handler });
}
