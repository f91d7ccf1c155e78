import { styleText } from 'node:util';

const levelStyles = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

/**
 * Whether lines are for people, by the setting `log.pretty`: `auto` is yes in development when a terminal shows
 * standard output, so that a file or a collector always gets JSON.
 */
export function isPrettyWanted(setting: 'auto' | 'always' | 'never', environment: string): boolean {
  if (setting !== 'auto') return setting === 'always';
  // Undefined, whatever its type says, when standard output is no terminal.
  return environment === 'development' && Boolean(process.stdout.isTTY);
}

/**
 * One short line for people: time of day, level, message, facts. Our own forty lines instead of pino-pretty, which
 * would bring a dozen packages for the same.
 */
export function prettyLine(line: string): string {
  const { level, time, message, error, ...facts } = JSON.parse(line) as Record<string, unknown>;
  const style = levelStyles[level as keyof typeof levelStyles] ?? 'magenta';
  const head = [
    styleText('gray', String(time).slice(11, 19)),
    styleText(style, String(level).padEnd(5)),
    styleText('bold', String(message ?? '')),
  ];
  const tail = Object.entries(facts).map(([name, value]) => styleText('gray', `${name}=${short(value)}`));
  return `${[...head, ...tail].join(' ')}${prettyError(error)}\n`;
}

function short(value: unknown): string {
  if (typeof value === 'string') return /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value);
}

function prettyError(error: unknown): string {
  if (error === undefined) return '';
  if (typeof error !== 'object' || error === null) return ` ${String(error)}`;
  const { stack, message } = error as { stack?: unknown; message?: unknown };
  return `\n${String(stack ?? message ?? JSON.stringify(error)).replaceAll(/^/gm, '    ')}`;
}
