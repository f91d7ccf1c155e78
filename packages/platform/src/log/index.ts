export type { Logger } from './logger.ts';
export { createLogger } from './create-logger.ts';
export type { LogLevel, LogOptions, ProcessLogger } from './create-logger.ts';
export type { LineDestination } from './line-sink.ts';
export { rememberSecret, secretMark } from './known-secrets.ts';
export { maskText } from './sensitive.ts';
