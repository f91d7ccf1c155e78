import { parseDurationMs } from '@reeve/kernel';
import type { ConnectionFlags } from '../connection.ts';
import { UsageError } from '../errors.ts';
import { keyVariable, numberOf } from './server-roles.ts';
import { runServer } from './server-process.ts';

export interface AgentRunFlags extends ConnectionFlags {
  readonly name: string;
  readonly capability?: string[];
  readonly slots?: string;
  readonly output?: string;
  readonly module?: string;
  readonly threads?: string;
  readonly warm?: string;
  readonly idleTimeout?: string;
  readonly memoryMib?: string;
  readonly mcp?: boolean;
  readonly mcpUrl?: string;
  readonly mcpName?: string;
  readonly tool?: string[];
}

/** What each kind of agent takes, besides its name and where the hub is. */
const kinds = {
  command: ['capability', 'slots', 'output'],
  module: ['module', 'threads', 'warm', 'idleTimeout', 'memoryMib'],
  mcp: ['mcp', 'mcpUrl', 'mcpName', 'tool', 'slots'],
} as const satisfies Record<string, readonly (keyof AgentRunFlags)[]>;
type Kind = keyof typeof kinds;

/** `reeve agents run`: a command, a module of handlers, or an MCP server, as an agent. */
export function runAgent(flags: AgentRunFlags, command: readonly string[]): Promise<number> {
  const kind = kindOf(flags, command);
  const { name, url, key } = flags;
  const common = { name, ...(url === undefined ? {} : { url }) };
  switch (kind) {
    case 'module':
      return runServer('handlers', { ...common, ...moduleOptions(flags) }, keyVariable(key));
    case 'mcp':
      return runServer('mcp', { ...common, ...mcpOptions(flags, command) }, keyVariable(key));
    case 'command':
      return runServer('agent', { ...common, ...commandOptions(flags), command }, keyVariable(key));
  }
}

/** @throws UsageError when it is not one kind, or has flags of another. */
function kindOf(flags: AgentRunFlags, command: readonly string[]): Kind {
  const { module, mcp, mcpUrl } = flags;
  const isCommand = command.length > 0 && mcp !== true;
  const given = [isCommand, module !== undefined, mcp === true, mcpUrl !== undefined].filter(Boolean).length;
  if (given !== 1 || (mcp === true && command.length === 0))
    throw UsageError.error(
      'an agent is made of either a command after --, --module FILE, --mcp with its command after --, or --mcp-url URL',
    );
  const kind = module !== undefined ? 'module' : isCommand ? 'command' : 'mcp';
  const own: readonly string[] = kinds[kind];
  const misplaced = Object.values(kinds)
    .flat()
    .find((flag) => flags[flag] !== undefined && !own.includes(flag));
  if (misplaced === undefined) return kind;
  const what = { command: 'a command', module: 'a module', mcp: 'an MCP server' }[kind];
  throw UsageError.error(`--${misplaced.replace(/[A-Z]/g, '-$&').toLowerCase()} is not for an agent of ${what}`);
}

function mcpOptions({ mcpUrl, mcpName, tool, slots }: AgentRunFlags, command: readonly string[]) {
  return {
    target: mcpUrl === undefined ? { command } : { url: mcpUrl },
    ...(mcpName === undefined ? {} : { serverName: mcpName }),
    ...(tool === undefined ? {} : { tools: tool }),
    ...(slots === undefined ? {} : { slots: numberOf('--slots', slots) }),
  };
}

function commandOptions({ capability = [], slots = '1', output }: AgentRunFlags) {
  if (capability.length === 0) throw UsageError.error('an agent of a command needs --capability <name>');
  return {
    capabilities: capability.map(capabilityOf),
    slots: numberOf('--slots', slots),
    ...(output === undefined ? {} : { output }),
  };
}

function moduleOptions({ module, threads, warm, idleTimeout, memoryMib }: AgentRunFlags) {
  return {
    module,
    ...(threads === undefined ? {} : { threads: numberOf('--threads', threads) }),
    ...(warm === undefined ? {} : { warm: numberOf('--warm', warm) }),
    ...(idleTimeout === undefined ? {} : { idleTimeoutMs: durationOf('--idle-timeout', idleTimeout) }),
    ...(memoryMib === undefined ? {} : { memoryMib: numberOf('--memory-mib', memoryMib) }),
  };
}

function durationOf(flag: string, text: string): number {
  const ms = parseDurationMs(text);
  if (ms !== undefined) return ms;
  throw UsageError.error(`${flag} takes a duration such as 30s, not ${JSON.stringify(text)}`);
}

/** `pdf.extract=0.9`, or the name alone for 1. */
function capabilityOf(text: string): { name: string; proficiency: number } {
  const at = text.lastIndexOf('=');
  if (at < 0) return { name: text, proficiency: 1 };
  const proficiency = Number(text.slice(at + 1));
  if (text.slice(at + 1) !== '' && proficiency >= 0 && proficiency <= 1)
    return { name: text.slice(0, at), proficiency };
  throw UsageError.error(`--capability takes name or name=proficiency with a proficiency from 0 to 1, not ${text}`);
}
