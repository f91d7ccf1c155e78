import { defineError } from '@reeve/kernel';

export const McpServerUnusable = defineError({
  code: 'mcp_server_unusable',
  class: 'unavailable',
  title: 'The MCP server cannot be used',
  meaning: 'The MCP server of an agent could not be started or reached, or offers no tool that could be a capability.',
  remedy: 'See the message; try the command or address by itself on the machine of the agent.',
});
export const McpServerGone = defineError({
  code: 'mcp_server_gone',
  class: 'unavailable',
  title: 'The MCP server went away',
  meaning: 'The MCP server ended or the connection to it broke while a tool was called, or it has not come back yet.',
  remedy: 'Nothing as long as attempts are left: the agent starts it again. Otherwise see the log of the agent.',
});
export const McpToolFailed = defineError({
  code: 'mcp_tool_failed',
  class: 'badGateway',
  title: 'The tool failed',
  meaning: 'A tool of an MCP server answered that it failed (`isError`); its text is the message.',
  remedy: 'Read the message; whether another attempt can help depends on the tool.',
});
