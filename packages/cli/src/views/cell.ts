import { formatDurationMs, formatMoney } from '@reeve/kernel';
import type { Colours } from '../terminal.ts';
import { relativeTime } from './relative-time.ts';

export interface CellContext {
  readonly nowMs: number;
  readonly colours: Colours;
}

/** `submittedAtMs` as a person would say it: `submitted`. */
export function headOf(field: string): string {
  const bare = field.replace(/(AtMs|Ms|MicroUsd)$/, '');
  return bare.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
}

/** One value on one line, shown by what its field's name says it is: a time, a duration, money, a state. */
export function cellOf(field: string, value: unknown, context: CellContext): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number') return numberCell(field, value, context);
  if (typeof value === 'string') return textCell(field, value, context.colours);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map((item) => itemCell(item, context)).join(', ');
  return pairs(value, context);
}

function numberCell(field: string, value: number, { nowMs }: CellContext): string {
  if (field.endsWith('AtMs') || field === 'atMs') return relativeTime(value, nowMs);
  if (field.endsWith('Ms')) return formatDurationMs(value);
  return String(Number.isInteger(value) ? value : Number(value.toFixed(4)));
}

function textCell(field: string, value: string, colours: Colours): string {
  if (field.endsWith('MicroUsd') && /^\d+$/.test(value))
    return formatMoney({ amount: BigInt(value), currency: 'microUsd' });
  const shown = visible(value);
  const paint = paintOf(field, value);
  return paint === undefined ? shown : colours[paint](shown);
}

type Paint = 'green' | 'red' | 'yellow' | 'cyan' | 'dim';

const paints: Readonly<Record<string, Paint>> = {
  ...paintAll('green', ['succeeded', 'online', 'active', 'given', 'done', 'pass']),
  ...paintAll('red', ['dead', 'revoked', 'failed', 'deny', 'refused', 'rolledBack']),
  ...paintAll('yellow', ['expired', 'paused', 'draining', 'pending', 'needsApproval', 'cancelled']),
  ...paintAll('cyan', ['leased']),
  ...paintAll('dim', ['offline', 'blocked', 'scheduled', 'used', 'withdrawn']),
};

function paintAll(paint: Paint, words: readonly string[]): Record<string, Paint> {
  return Object.fromEntries(words.map((word) => [word, paint]));
}

function paintOf(field: string, value: string): Paint | undefined {
  return ['state', 'outcome', 'verdict'].includes(field) ? paints[value] : undefined;
}

/** `{ name: 'pdf.extract', proficiency: 0.9 }` as `pdf.extract 0.9`; other objects as JSON. */
function itemCell(item: unknown, context: CellContext): string {
  if (typeof item !== 'object' || item === null) return cellOf('', item, context);
  const { name, ...rest } = item as Record<string, unknown>;
  if (typeof name !== 'string') return JSON.stringify(item);
  const others = Object.entries(rest).filter(([, value]) => value !== undefined && value !== 0);
  return [visible(name), ...others.map(([field, value]) => cellOf(field, value, context))].join(' ');
}

function pairs(value: object, context: CellContext): string {
  const entries = Object.entries(value);
  if (entries.some(([, item]) => typeof item === 'object' && item !== null)) return JSON.stringify(value);
  return entries.map(([key, item]) => `${visible(key)}=${cellOf(key, item, context)}`).join(' ');
}

/** What others wrote must not move the cursor or change colours. */
export function visible(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (control) =>
    control === '\n' ? '↵' : `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
