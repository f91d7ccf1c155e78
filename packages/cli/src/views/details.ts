import { cellOf, headOf, type CellContext, visible } from './cell.ts';
import { tableOf } from './table.ts';

/** One thing: its facts as aligned pairs, then each list within it as a table, then each larger value as JSON. */
export function detailsOf(value: Record<string, unknown>, context: CellContext, columns: number | undefined): string {
  const facts = Object.entries(value).filter(([, fact]) => !isEmpty(fact));
  const small = facts.filter(([, fact]) => !isTable(fact) && !isLarge(fact));
  const width = Math.max(0, ...small.map(([field]) => headOf(field).length));
  const blocks = small.map(([field, fact]) => {
    return `${context.colours.dim(headOf(field).padEnd(width))}  ${cellOf(field, fact, context)}`.trimEnd();
  });
  for (const [field, fact] of facts) {
    if (isTable(fact)) blocks.push('', context.colours.bold(headOf(field)), listTable(fact, context, columns));
    else if (isLarge(fact)) blocks.push('', context.colours.bold(headOf(field)), largeText(fact, context, columns));
  }
  return blocks.join('\n');
}

/** A list of objects with more to them than a name and a number. */
function isTable(value: unknown): value is Record<string, unknown>[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((item) => isObject(item) && Object.keys(item).length > 2)
  );
}

function isLarge(value: unknown): boolean {
  if (typeof value === 'string') return value.length > 200 || value.includes('\n');
  if (!isObject(value) && !Array.isArray(value)) return false;
  return !isTable(value) && JSON.stringify(value).length > 80;
}

function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === undefined;
  return Object.keys(value).length === 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listTable(items: Record<string, unknown>[], context: CellContext, columns: number | undefined): string {
  const fields = [...new Set(items.flatMap((item) => Object.keys(item)))];
  return tableOf(fields, items, context, columns);
}

function largeText(value: unknown, context: CellContext, columns: number | undefined): string {
  if (isObject(value) && Object.values(value).every((fact) => typeof fact !== 'object')) {
    return detailsOf(value, context, columns);
  }
  if (typeof value !== 'string') return JSON.stringify(value, null, 2);
  return value.split('\n').map(visible).join('\n');
}
