import type { Readable } from 'node:stream';
import { StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { commandEnvironment, type EnvironmentSource } from '../exec/environment.ts';
import { StandardError } from '../exec/standard-error.ts';

/** Where an MCP server is: a program that is started, or an address. */
export type McpTarget =
  | ({ readonly command: readonly string[]; readonly cwd?: string } & EnvironmentSource)
  | { readonly url: string; readonly headers?: Readonly<Record<string, string>> };

/** A new transport to the server. The program is started without a shell, with the environment of exec agents. */
export function openTransport(target: McpTarget, onStderrLine: (line: string) => void): Transport {
  if ('url' in target) {
    const { headers } = target;
    return new StreamableHTTPClientTransport(new URL(target.url), headers ? { requestInit: { headers } } : {});
  }
  const [command, ...args] = target.command as [string, ...string[]];
  const cwd = target.cwd === undefined ? {} : { cwd: target.cwd };
  const env = commandEnvironment(target);
  const transport = new StdioClientTransport({ command, args, env, ...cwd, stderr: 'pipe' });
  new StandardError(transport.stderr as Readable, onStderrLine);
  return transport;
}
