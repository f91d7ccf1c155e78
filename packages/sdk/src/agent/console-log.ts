import type { AgentLog } from './options.ts';

/** Where nothing else was given: warnings and errors go to the console, the rest nowhere. */
export const consoleLog: AgentLog = {
  debug: () => {},
  info: () => {},
  warn: (facts, message) => console.warn(message, facts),
  error: (facts, message) => console.error(message, facts),
};
