import { createExecHandler } from '@reeve/hub/adapters';
import type { Capability } from '@reeve/hub/api';
import { environmentWith } from '@reeve/platform';
import { serveHub, startAgentProcess, untilStopped } from '../connect.ts';

export interface ExecAgentOptions {
  readonly name: string;
  readonly capabilities: readonly Capability[];
  readonly slots?: number;
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly output?: 'json' | 'text' | 'lines';
  readonly url?: string;
  readonly key?: string;
}

/** Any command as an agent. */
export async function run({
  name,
  capabilities,
  slots = 1,
  command,
  output,
  ...told
}: ExecAgentOptions): Promise<void> {
  const agent = startAgentProcess();
  const handler = createExecHandler({
    command,
    environment: environmentWith({}), // of which the command sees PATH and a few more, never a key
    ...(output !== undefined && { output }),
    onStderrLine: (line, taskId) => agent.log.info({ taskId, line }, 'standard error'),
  });
  const offer = { name, capabilities: [...capabilities], slots };
  await untilStopped(agent, () => serveHub(agent, told, { offer, handler }));
}
