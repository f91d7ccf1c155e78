import { createLogger, type LogOptions } from '../../src/log/create-logger.ts';
import type { ProcessLogger } from '../../src/log/index.ts';

/** A log that is kept in memory, as text and as parsed lines. */
export function capturedLog(options: LogOptions = {}): {
  log: ProcessLogger;
  text: () => string;
  lines: () => Array<Record<string, unknown>>;
} {
  let text = '';
  const log = createLogger({ level: 'debug', ...options, destination: { write: (line) => void (text += line) } });
  const lines = () =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, text: () => text, lines };
}
