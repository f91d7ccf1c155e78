import { UsageError } from '../errors.ts';
import type { ConnectionFlags } from '../connection.ts';
import { runServer } from './server-process.ts';

export interface UpFlags {
  readonly port?: string;
  readonly host?: string;
  readonly home?: string;
  readonly config?: string[];
  /** False by `--no-demo`; else the configuration decides. */
  readonly demo: boolean;
}

/** `reeve up` */
export function up({ port, demo, ...rest }: UpFlags): Promise<number> {
  return runServer('up', {
    ...rest,
    ...(demo ? {} : { demo }),
    ...(port === undefined ? {} : { port: numberOf('--port', port) }),
  });
}

export interface NodeFlags extends ConnectionFlags {
  readonly backend?: string;
  readonly mini?: boolean;
  readonly name?: string;
  readonly slots?: string;
  readonly backendKeyEnv?: string;
  readonly priceMicroUsd?: string;
}

/** `reeve node` */
export function node({ slots, key, ...rest }: NodeFlags): Promise<number> {
  if ((rest.backend === undefined) === (rest.mini !== true))
    throw UsageError.error('reeve node needs either --backend URL or --mini');
  return runServer(
    'node',
    { ...rest, ...(slots === undefined ? {} : { slots: numberOf('--slots', slots) }) },
    keyVariable(key),
  );
}

export interface AgentRunFlags extends ConnectionFlags {
  readonly name: string;
  readonly capability: string[];
  readonly slots?: string;
  readonly output?: string;
}

/** `reeve agents run … -- command args` */
export function runAgent(flags: AgentRunFlags, command: readonly string[]): Promise<number> {
  const { name, capability, slots = '1', output, url, key } = flags;
  const options = {
    name,
    capabilities: capability.map(capabilityOf),
    slots: numberOf('--slots', slots),
    command,
    ...(output === undefined ? {} : { output }),
    ...(url === undefined ? {} : { url }),
  };
  return runServer('agent', options, keyVariable(key));
}

export interface ConfigFlags {
  readonly config?: string[];
  readonly json?: boolean;
}

/** `reeve config show` */
export function showConfig(flags: ConfigFlags): Promise<number> {
  return runServer('config', flags);
}

function keyVariable(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { REEVE_API_KEY: key };
}

function numberOf(flag: string, text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw UsageError.error(`${flag} takes a whole number, not ${JSON.stringify(text)}`);
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
