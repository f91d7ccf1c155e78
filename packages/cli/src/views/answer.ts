import type { Terminal } from '../terminal.ts';
import type { CellContext } from './cell.ts';
import { detailsOf } from './details.ts';
import { tableOf } from './table.ts';

/** Columns of lists, most telling first; a list that is not here shows the plain facts of its items. */
const columnsOf: Readonly<Record<string, readonly string[]>> = {
  'agents.list': ['name', 'state', 'capabilities', 'leases', 'slots', 'region', 'lastSeenAtMs', 'id'],
  'tasks.list': ['id', 'kind', 'state', 'priority', 'requires', 'attempt', 'submittedAtMs'],
  'keys.list': ['id', 'name', 'state', 'permissions', 'createdAtMs', 'lastUsedAtMs', 'expiresAtMs'],
  'approvals.list': ['id', 'operation', 'state', 'requestedBy', 'requestedAtMs', 'expiresAtMs'],
  'audit.list': ['sequence', 'atMs', 'actor', 'operation', 'outcome', 'target'],
  'events.list': ['position', 'atMs', 'type', 'subject', 'data'],
  'models.list': ['id', 'nodes', 'owned_by'],
  'market.explain': ['rank', 'agentName', 'state', 'score', 'parts', 'measured', 'freeSlots', 'failed', 'agentId'],
  'market.trace': ['arrivedAtMs', 'model', 'node', 'promptTokens', 'completionTokens', 'durationMs'],
  'market.offers': [
    'model',
    'kind',
    'node',
    'state',
    'priceInputMicroUsd',
    'priceOutputMicroUsd',
    'contextTokens',
    'inFlight',
    'maxConcurrency',
    'region',
  ],
};

/** Prints the answer to an operation for people. */
export function printAnswer(name: string, answer: unknown, terminal: Terminal): void {
  const context: CellContext = { nowMs: Date.now(), colours: terminal.colours };
  const items = itemsOf(answer);
  if (items === undefined) terminal.print(textOf(answer, context, terminal.columns));
  else if (items.length === 0) terminal.note(terminal.colours.dim('none'));
  else terminal.print(tableOf(columnsOf[name] ?? plainFields(items), items, context, terminal.columns));
}

function textOf(answer: unknown, context: CellContext, columns: number | undefined): string {
  if (typeof answer !== 'object' || answer === null) return String(answer);
  return detailsOf(answer as Record<string, unknown>, context, columns);
}

/** The items of a list: ours are under `items`, those in the form of OpenAI's API under `data`. */
function itemsOf(answer: unknown): Record<string, unknown>[] | undefined {
  const { items, data, object } = (answer ?? {}) as { items?: unknown; data?: unknown; object?: unknown };
  const list = items ?? (object === 'list' ? data : undefined);
  return Array.isArray(list) ? (list as Record<string, unknown>[]) : undefined;
}

function plainFields(items: readonly Record<string, unknown>[]): string[] {
  const fields = new Set(items.flatMap((item) => Object.keys(item)));
  return [...fields].filter((field) => items.every((item) => typeof item[field] !== 'object' || item[field] === null));
}
