export { createExecHandler } from './exec/exec-handler.ts';
export type { ExecOptions } from './exec/exec-handler.ts';
export { createHandlerThreads } from './threads/handler-threads.ts';
export type { HandlerThreads, HandlerThreadsOptions } from './threads/handler-threads.ts';
export { createMcpTools } from './mcp/mcp-tools.ts';
export type { McpTools, McpToolsOptions } from './mcp/mcp-tools.ts';
export type { McpTarget } from './mcp/open-transport.ts';
