import { pino, stdTimeFunctions, type Logger as Pino } from 'pino';
import { cleanFacts, cleanText } from './clean-facts.ts';
import { openSink, type LineDestination, type LineSink } from './line-sink.ts';
import type { Logger } from './logger.ts';
import { prettyLine } from './pretty.ts';

type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogOptions {
  /** Lines below this level are not written; `info` when not given. */
  readonly level?: LogLevel;
  /** Short lines for people instead of JSON. */
  readonly pretty?: boolean;
  /** File descriptor, path of a file to append to, or anything that takes lines; standard output when not given. */
  readonly destination?: number | string | LineDestination;
  /** Added to every line. */
  readonly facts?: object;
}

/** The log of the process, at its root. */
export interface ProcessLogger extends Logger {
  /** Resolves when everything logged so far has been written. */
  flush(): Promise<void>;
  readonly lostLines: number;
}

/**
 * JSON lines with ISO time, level by name, and secrets blanked in every field, message and stack. What is still on its
 * way is written synchronously when the process exits. Never throws, whatever is logged and wherever it goes.
 */
export function createLogger(options: LogOptions = {}): ProcessLogger {
  const sink = sinkFor(options.destination ?? 1, options.pretty ? prettyLine : undefined);
  const root = pino(
    {
      level: options.level ?? 'info',
      base: null,
      messageKey: 'message',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    sink,
  );
  const logger = loggerOver(options.facts ? root.child(cleanFacts(options.facts)) : root);
  return {
    ...logger,
    flush: () => sink.flush(),
    get lostLines() {
      return sink.lostLines;
    },
  };
}

function loggerOver(target: Pino): Logger {
  const at = (level: LogLevel) => (facts: object, message: string) => {
    // Cleaning costs more than writing: lines that nobody wants are not cleaned.
    if (target.isLevelEnabled(level)) target[level](cleanFacts(facts), cleanText(message));
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (facts) => loggerOver(target.child(cleanFacts(facts))),
  };
}

function sinkFor(destination: number | string | LineDestination, format?: (line: string) => string): LineSink {
  if (typeof destination !== 'object') {
    const sink = openSink(destination, format);
    process.on('exit', () => sink.flushSync());
    return sink;
  }
  return {
    write: (line) => destination.write(format ? format(line) : line),
    flush: () => Promise.resolve(),
    flushSync: () => undefined,
    lostLines: 0,
  };
}
