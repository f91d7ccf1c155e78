import type { CallToolResult, Client, JsonSchemaType, Tool } from '@modelcontextprotocol/client';
import { SdkError, SdkErrorCode } from '@modelcontextprotocol/client';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv';
import { InvalidInput } from '@reeve/kernel';
import type { TaskContext } from '../../api/handler.ts';
import { McpServerGone, McpToolFailed } from './errors.ts';

/** The attempt's own time-out ends a call; timers take at most this. */
const longestTimerMs = 2 ** 31 - 1;
const lost: readonly string[] = [SdkErrorCode.ConnectionClosed, SdkErrorCode.NotConnected, SdkErrorCode.SendFailed];
const validator = new AjvJsonSchemaValidator();

/**
 * Checks the input of a task against the schema of its tool; no input is no arguments.
 * @throws ReeveError `invalid_input`.
 */
export function toolArguments({ name, inputSchema }: Tool, input: unknown): Record<string, unknown> {
  const result = validator.getValidator<Record<string, unknown>>(inputSchema as JsonSchemaType)(input ?? {});
  if (result.valid) return result.data;
  throw InvalidInput.error(`the input does not fit the arguments of ${name}: ${result.errorMessage}`);
}

/**
 * Calls a tool and gives its result; progress is passed on, and an abort cancels the call at the server.
 * @throws ReeveError `mcp_tool_failed`, `mcp_server_gone`.
 */
export async function callTool(
  client: Client,
  tool: Tool,
  input: Record<string, unknown>,
  { signal, progress }: TaskContext,
): Promise<CallToolResult> {
  try {
    const result = await client.callTool(
      { name: tool.name, arguments: input },
      { signal, onprogress: progress, timeout: longestTimerMs, toolDefinition: tool },
    );
    if (result.isError) throw McpToolFailed.error(textOf(result) || `${tool.name} failed without saying why`);
    return result;
  } catch (error) {
    if (error instanceof SdkError && lost.includes(error.code))
      throw McpServerGone.error(`the MCP server went away while ${tool.name} was called`, { cause: error });
    throw error;
  }
}

function textOf({ content }: CallToolResult): string {
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}
