import { parseDurationMs } from '@reeve/kernel';
import { UsageError } from '../errors.ts';
import { dashed, type Flag } from './flag.ts';
import { readText } from './read-text.ts';

/**
 * The value that was written for a flag. Only the form is looked at; what values mean and may be is the hub's to say.
 * @throws ReeveError `usage`.
 */
export async function valueOf(flag: Flag, written: string | readonly string[] | boolean): Promise<unknown> {
  if (typeof written === 'boolean') return written || !flag.nullable ? written : null;
  if (typeof written === 'string') return flag.kind === 'json' ? await jsonOf(flag, written) : scalarOf(flag, written);
  if (flag.kind === 'pairs') return Object.fromEntries(written.map((text) => pairOf(flag, text)));
  if (flag.kind === 'named') return written.map((text) => namedOf(flag, text));
  return written.map((text) => scalarOf(flag, text));
}

function scalarOf(flag: Flag, text: string): string | number {
  return flag.numeric ? numberOf(flag, text) : text;
}

/** Times may be written as people do: durations as `30s`, moments as `+10m` or ISO 8601. */
function numberOf(flag: Flag, text: string): number {
  if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  const time = timeOf(flag.field, text);
  if (time !== undefined) return time;
  throw UsageError.error(`--${dashed(flag.field)} takes ${expectedNumber(flag.field)}, not ${JSON.stringify(text)}`);
}

function timeOf(field: string, text: string): number | undefined {
  if (field.endsWith('AtMs')) {
    const fromNowMs = text.startsWith('+') ? parseDurationMs(text.slice(1)) : undefined;
    if (fromNowMs !== undefined) return Date.now() + fromNowMs;
    const atMs = Date.parse(text);
    return Number.isNaN(atMs) ? undefined : atMs;
  }
  return field.endsWith('Ms') ? parseDurationMs(text) : undefined;
}

function expectedNumber(field: string): string {
  if (field.endsWith('AtMs')) return 'a time (2030-01-31T12:00Z, +10m, or epoch milliseconds)';
  return field.endsWith('Ms') ? 'a duration (250ms, 30s, 5m, 24h, 7d, or milliseconds)' : 'a number';
}

/** `team=search`; the value may be empty and may have further `=`. */
function pairOf(flag: Flag, text: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw UsageError.error(`--${dashed(flag.field)} takes key=value, not ${JSON.stringify(text)}`);
}

/** `pdf.extract=0.9`, or the name alone. */
function namedOf(flag: Flag, text: string): Record<string, unknown> {
  const at = text.lastIndexOf('=');
  if (at < 0) return { name: text };
  return { name: text.slice(0, at), [flag.member]: numberOf(flag, text.slice(at + 1)) };
}

async function jsonOf(flag: Flag, written: string): Promise<unknown> {
  const text = await readText(written);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const example = flag.field === 'input' ? `'{"pages": 3}' or '"a text"'` : `'{"…": …}'`;
    const wanted = `JSON such as ${example}, @file, or - for standard input`;
    throw UsageError.error(`--${dashed(flag.field)} takes ${wanted}: ${(cause as Error).message}`, { cause });
  }
}
