import { NotFound } from '@reeve/kernel';
import type { Capability } from '../../api/agent.ts';
import type { HandlerLog } from '../../api/define-handler.ts';
import type { Handler } from '../../api/handler.ts';
import { callTool, toolArguments } from './call-tool.ts';
import { McpServerUnusable } from './errors.ts';
import { McpConnection } from './mcp-connection.ts';
import { openTransport, type McpTarget } from './open-transport.ts';
import { capabilitiesOf, toolCatalogue, type ToolCatalogue } from './tool-catalogue.ts';

export interface McpToolsOptions {
  readonly target: McpTarget;
  /** In the names of capabilities, instead of what the server calls itself. */
  readonly serverName?: string;
  /** Only these tools; all when not given. */
  readonly tools?: readonly string[];
  /** The tools are others now. Never called with none: an agent offers something. */
  readonly onCapabilities?: (capabilities: readonly Capability[]) => void;
  readonly log: HandlerLog;
}

/** The tools of an MCP server, as capabilities of an agent. */
export interface McpTools extends AsyncDisposable {
  readonly capabilities: readonly Capability[];
  readonly handler: Handler;
}

/**
 * Connects to an MCP server and makes capabilities `mcp.<server>.<tool>` of its tools. The input of a task is the tool's
 * arguments, checked by its schema; its output is the tool's result.
 * @throws ReeveError `mcp_server_unusable`.
 */
export async function createMcpTools(options: McpToolsOptions): Promise<McpTools> {
  const { target, log } = options;
  let catalogue: ToolCatalogue = { tools: new Map(), leftOut: [] };
  let isStarted = false;
  const open = () => openTransport(target, (line) => log.info({ line }, 'standard error of the MCP server'));
  const connection = new McpConnection({ open, log, onTools: (server, tools) => take(server, tools) });

  function take(server: string, tools: Parameters<typeof toolCatalogue>[1]): void {
    const before = JSON.stringify(capabilitiesOf(catalogue));
    catalogue = toolCatalogue(options.serverName ?? server, tools, options.tools);
    if (catalogue.leftOut.length > 0) log.warn({ tools: catalogue.leftOut }, 'tools that are not offered');
    const capabilities = capabilitiesOf(catalogue);
    if (!isStarted || JSON.stringify(capabilities) === before) return;
    if (capabilities.length > 0) options.onCapabilities?.(capabilities);
    else log.warn({}, 'the MCP server has no tools left; what it offered stays offered');
  }

  try {
    await connection.start();
    if (catalogue.tools.size === 0) throw new Error('it offers no tool that could be a capability');
  } catch (cause) {
    await connection.close();
    throw McpServerUnusable.error(`${nameOf(target)} cannot be used: ${(cause as Error).message}`, { cause });
  }
  isStarted = true;
  return {
    get capabilities() {
      return capabilitiesOf(catalogue);
    },
    async handler(input, context) {
      const client = await connection.client();
      const tool = catalogue.tools.get(context.capability);
      if (!tool) throw NotFound.error(`the MCP server has no tool for ${context.capability} any more`);
      return callTool(client, tool, toolArguments(tool, input), context);
    },
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

function nameOf(target: McpTarget): string {
  return 'url' in target ? target.url : target.command.join(' ');
}
