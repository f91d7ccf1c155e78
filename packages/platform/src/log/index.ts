export type { Logger } from './logger.ts';
export { createLogger } from './create-logger.ts';
export type { ProcessLogger } from './create-logger.ts';
export { isPrettyWanted } from './pretty.ts';
export { rememberSecret } from './known-secrets.ts';
