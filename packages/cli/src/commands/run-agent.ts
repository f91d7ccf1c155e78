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
}

/** What each kind of agent takes, besides its name and where the hub is. */
const kinds = {
  command: ['capability', 'slots', 'output'],
  module: ['module', 'threads', 'warm', 'idleTimeout', 'memoryMib'],
} as const;
type Kind = keyof typeof kinds;

/** `reeve agents run`: a command, or a module of handlers, as an agent. */
export function runAgent(flags: AgentRunFlags, command: readonly string[]): Promise<number> {
  const kind = kindOf(flags, command);
  const { name, url, key } = flags;
  const common = { name, ...(url === undefined ? {} : { url }) };
  if (kind === 'module') return runServer('handlers', { ...common, ...moduleOptions(flags) }, keyVariable(key));
  return runServer('agent', { ...common, ...commandOptions(flags), command }, keyVariable(key));
}

/** @throws UsageError when it is not one kind, or has flags of another. */
function kindOf(flags: AgentRunFlags, command: readonly string[]): Kind {
  const given = [...(command.length > 0 ? ['command' as const] : []), ...(flags.module ? ['module' as const] : [])];
  if (given.length !== 1) throw UsageError.error('an agent is made of either a command after -- or --module FILE');
  const [kind] = given as [Kind];
  const foreign = Object.entries(kinds).flatMap(([other, names]) => (other === kind ? [] : names));
  const misplaced = foreign.find((flag) => flags[flag] !== undefined);
  if (misplaced === undefined) return kind;
  throw UsageError.error(`--${misplaced.replace(/[A-Z]/g, '-$&').toLowerCase()} is not for an agent of a ${kind}`);
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
