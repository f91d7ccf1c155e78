import { createMcpTools, type McpTarget } from '@reeve/hub/adapters';
import { environmentWith } from '@reeve/platform';
import type { AgentConnection } from '@reeve/sdk';
import { serveHub, startAgentProcess, untilStopped, type AgentProcess } from '../connect.ts';

export interface McpOptions {
  readonly name: string;
  /** Program and arguments of a server, or where one is. */
  readonly target: { readonly command: readonly string[] } | { readonly url: string };
  readonly serverName?: string;
  readonly tools?: readonly string[];
  readonly slots?: number;
  readonly url?: string;
  readonly key?: string;
}

/** The tools of an MCP server as an agent. */
export async function run(options: McpOptions): Promise<void> {
  const agent = startAgentProcess();
  await untilStopped(agent, () => serveTools(agent, options));
}

async function serveTools(agent: AgentProcess, options: McpOptions): Promise<void> {
  const { name, serverName, tools: wanted, slots = 1 } = options;
  let connected: AgentConnection | undefined;
  const tools = await createMcpTools({
    target: targetOf(options),
    log: agent.log,
    ...(serverName !== undefined && { serverName }),
    ...(wanted !== undefined && { tools: wanted }),
    onCapabilities: (capabilities) => connected?.changeOffer({ capabilities: [...capabilities], slots }),
  });
  agent.lifecycle.onStop('connections', 'MCP server', async () => tools[Symbol.asyncDispose]());
  const offer = { name, capabilities: [...tools.capabilities], slots };
  agent.log.info({ capabilities: offer.capabilities.map(({ name: capability }) => capability) }, 'tools to serve');
  await serveHub(agent, options, {
    offer,
    handler: tools.handler,
    onConnected(agentConnection) {
      connected = agentConnection;
      // What changed while it connected.
      agentConnection.changeOffer({ capabilities: [...tools.capabilities], slots });
    },
  });
}

/** The program sees PATH and a few more of our environment, never a key. */
function targetOf({ target }: McpOptions): McpTarget {
  return 'url' in target ? target : { ...target, environment: environmentWith({}) };
}
