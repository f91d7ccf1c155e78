import { defineError } from '@reeve/kernel';

export const OperationTimeout = defineError({
  code: 'operation_timeout',
  class: 'timeout',
  title: 'The operation took too long',
  meaning: 'The operation did not end within its time. `commit` in the details says whether its effect was stored.',
  remedy:
    'With `commit: notStarted` nothing was stored through the road, retry; otherwise look before you retry, or retry with the same `Idempotency-Key`, which cannot have a second effect.',
});
export const RequestCancelled = defineError({
  code: 'request_cancelled',
  class: 'cancelled',
  title: 'The caller went away',
  meaning: 'The connection was closed before the operation had ended; it was told to stop.',
  remedy: 'Retry with the same `Idempotency-Key` to learn how it ended without a second effect.',
});
export const ApprovalClosed = defineError({
  code: 'approval_closed',
  class: 'conflict',
  title: 'The approval is no longer open',
  meaning: 'The request for approval was answered, used, withdrawn, or has expired.',
  remedy: 'Send the original request again: it makes a new request for approval with a fresh plan.',
});
export const ApprovalMismatch = defineError({
  code: 'approval_mismatch',
  class: 'conflict',
  title: 'The digest is not the one that waits for approval',
  meaning: 'Consent binds to the digest of the plan; the digest sent differs from that of the request.',
  remedy: 'Show the approval, read its plan, and give consent with the digest found there.',
});
export const StepUpRequired = defineError({
  code: 'step_up_required',
  class: 'forbidden',
  title: 'This needs a fresh code of the authenticator',
  meaning:
    'A person may do this only shortly after a code: acts with consequences, and those that give rights to others.',
  remedy:
    'Send a code with `sessions.stepUp` and then the request again; who has no authenticator yet enrols one with `reeve totp enrol`.',
});
