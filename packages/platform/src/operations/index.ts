export { bind } from './call.ts';
export type {
  BoundOperation,
  Call,
  Caller,
  ConsequentialHandler,
  ErrorBody,
  ErrorBodyWriter,
  Handler,
  Verification,
} from './call.ts';
export { createRoad } from './road.ts';
export type { Road, RoadComponents } from './road.ts';
export type { HeaderSink, RoadAnswer, RoadRequest } from './request.ts';
export type { Admissible, Admission } from './admission.ts';
export { defaultRoadSettings } from './settings.ts';
export type { ApprovalSettings, RoadSettings } from './settings.ts';
export { defaultRateLimits } from './rate-limiter.ts';
export type { RateLimits } from './rate-limiter.ts';
export { fullBucket, takeToken } from './rate-rule.ts';
export type { RateBucket, RateDecision, RateLimit } from './rate-rule.ts';
export { ApprovalClosed, ApprovalMismatch, OperationTimeout, RequestCancelled } from '../api/errors.ts';
export { approvalOperations } from './approvals/approval-operations.ts';
