import type { Tool } from '@modelcontextprotocol/client';
import { CapabilityName, type Capability } from '../../api/agent.ts';

/** Most capabilities that one agent offers. */
const mostTools = 50;

/** The tools of a server by the capabilities they become, and the names of those that cannot become one. */
export interface ToolCatalogue {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly leftOut: readonly string[];
}

/**
 * Tools as capabilities `mcp.<server>.<tool>`. Left out are those whose name no capability can have, those not in
 * `wanted` when it is given, and what is beyond the most that an agent offers.
 */
export function toolCatalogue(server: string, tools: readonly Tool[], wanted?: readonly string[]): ToolCatalogue {
  const known = new Map<string, Tool>();
  const leftOut: string[] = [];
  for (const tool of tools) {
    if (wanted && !wanted.includes(tool.name)) continue;
    const name = `mcp.${serverName(server)}.${tool.name}`;
    if (known.size < mostTools && CapabilityName.safeParse(name).success) known.set(name, tool);
    else leftOut.push(tool.name);
  }
  return { tools: known, leftOut };
}

/** As tools are its own words, a server is taken to do them as well as can be. */
export function capabilitiesOf({ tools }: ToolCatalogue): Capability[] {
  return Array.from(tools.keys(), (name) => ({ name, proficiency: 1 }));
}

/** Servers call themselves as they like; what a capability cannot hold becomes a dash. */
function serverName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]+/g, '-').slice(0, 40) || 'server';
}
