import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { CapabilityName, Proficiency } from '../../api/agent.ts';
import type { DefinedHandler } from '../../api/define-handler.ts';
import { HandlerModuleUnusable } from './errors.ts';

const Definition = z.object({
  kind: z.literal('reeve.handler'),
  capability: CapabilityName,
  proficiency: Proficiency.optional(),
  input: schemaMember('input'),
  output: schemaMember('output'),
  run: z.custom<DefinedHandler['run']>((value) => typeof value === 'function', 'run must be a function'),
});

/** By what is used of it, for the module may have its own copy of zod. */
function schemaMember(name: string) {
  const isSchema = (value: unknown) => typeof (value as z.ZodType | undefined)?.safeParseAsync === 'function';
  return z.custom<z.ZodType>(isSchema, `${name} must be a zod schema`);
}

/**
 * The handlers that a module exports, one by one or in arrays, by capability.
 * @throws ReeveError `handler_module_unusable`.
 */
export async function loadHandlers(path: string): Promise<ReadonlyMap<string, DefinedHandler>> {
  const handlers = new Map<string, DefinedHandler>();
  for (const candidate of Object.values(await importModule(path))
    .flat()
    .filter(isHandler)) {
    if (Definition.safeParse(candidate).error) throw invalid(path, candidate);
    const known = handlers.get(candidate.capability);
    if (known !== undefined && known !== candidate)
      throw HandlerModuleUnusable.error(`${path} exports two handlers for ${candidate.capability}`);
    handlers.set(candidate.capability, candidate);
  }
  if (handlers.size > 0) return handlers;
  throw HandlerModuleUnusable.error(`${path} exports no handler; export what defineHandler gives`);
}

async function importModule(path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw HandlerModuleUnusable.error(`${path} cannot be loaded: ${reason}`, { cause });
  }
}

function isHandler(value: unknown): value is DefinedHandler {
  return (value as DefinedHandler | null | undefined)?.kind === 'reeve.handler';
}

function invalid(path: string, candidate: DefinedHandler): Error {
  const issue = Definition.safeParse(candidate).error!.issues[0]!;
  const where = issue.path.length > 0 ? `${issue.path.join('.')} ` : '';
  return HandlerModuleUnusable.error(`${path}: the handler for ${candidate.capability}: ${where}${issue.message}`);
}
