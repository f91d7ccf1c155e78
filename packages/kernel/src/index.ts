export type { Span, SpanFacts, SpanKind } from './span.ts';
export { canonicalJson, isJsonValue } from './json.ts';
export type { JsonValue } from './json.ts';
export { sha256Hex, digestOf } from './digest.ts';
export { defineError, errorCatalogue, errorClasses, ReeveError } from './errors.ts';
export type { ErrorClass, ErrorDescription, ErrorFacts, ErrorKind, InputIssue } from './errors.ts';
export * from './error-kinds.ts';
export { toProblem } from './problem.ts';
export type { Problem } from './problem.ts';
export { isUuid, uuidv7 } from './ids.ts';
export { formatDurationMs, parseDurationMs, systemClock } from './time.ts';
export type { Clock } from './time.ts';
export { addMoney, billableMicroUsd, formatMoney, tokenCostPicoUsd } from './money.ts';
export type { Currency, Money } from './money.ts';
export { editDistance, nearestNames } from './nearest.ts';
export { backoffDelayMs, decideRetry, defaultRetryPolicy } from './retry.ts';
export type { RetryDecision, RetryPolicy } from './retry.ts';
export { evaluateGuards, overallVerdict } from './guard.ts';
export type { Guard, GuardFinding, GuardResult, GuardVerdict } from './guard.ts';
export { effectsOutOfBounds, planDigest } from './plan.ts';
export type { Effect, Plan } from './plan.ts';
export { compiledSchema } from './compiled-schema.ts';
export { EpochMs, Json, Labels, MicroUsd, Name, PageQuery, pageOf, plainText, Token, Uuid } from './schema.ts';
export { defineOperation, permits } from './operation.ts';
export type {
  Example,
  HttpBinding,
  InputOf,
  Operation,
  OperationEffect,
  OperationSpec,
  OutputOf,
  Permission,
  RawInputOf,
} from './operation.ts';
export { defineStream } from './stream-operation.ts';
export type { Flow, StreamOperation } from './stream-operation.ts';
