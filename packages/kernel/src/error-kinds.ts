import { defineError, ReeveError } from './errors.ts';

/** The errors that every operation may answer with; the errors of a domain live in that domain's `errors.ts`. */
export const MalformedRequest = defineError({
  code: 'malformed_request',
  class: 'malformed',
  title: 'The request could not be read',
  meaning: 'The body is not valid JSON, or a header or cursor does not have the form it must have.',
  remedy: 'Correct the form of the request; the detail names the part that could not be read.',
});
export const InvalidInput = defineError({
  code: 'invalid_input',
  class: 'invalid',
  title: 'The input is not valid',
  meaning: 'The request was read, but a value is outside of what the operation accepts.',
  remedy: 'Correct the values listed under `issues`; each has its path.',
});
export const Unauthenticated = defineError({
  code: 'unauthenticated',
  class: 'unauthenticated',
  title: 'No valid credential',
  meaning: 'The request carries no API key, or one that is unknown, expired or revoked.',
  remedy: 'Send `Authorization: Bearer <key>` with a valid key; `reeve keys create` makes one.',
});
export const Forbidden = defineError({
  code: 'forbidden',
  class: 'forbidden',
  title: 'Not permitted',
  meaning: 'The credential is valid but lacks the permission that this operation needs.',
  remedy: 'Use a key with the permission named in the detail, or ask an owner for one.',
});
export const NotFound = defineError({
  code: 'not_found',
  class: 'missing',
  title: 'Not found',
  meaning: 'There is no such thing, or the credential may not see it; the two look alike on purpose.',
  remedy: 'Check the id, and that the key belongs to the right tenant and has the read permission.',
});
export const WrongMethod = defineError({
  code: 'wrong_method',
  class: 'wrongMethod',
  title: 'The method does not fit the path',
  meaning: 'The path exists, but not with this HTTP method.',
  remedy: 'Use one of the methods in the `Allow` header.',
});
export const TooLarge = defineError({
  code: 'too_large',
  class: 'tooLarge',
  title: 'Too large',
  meaning: 'The request, or a part of it, is larger than the limit.',
  remedy: 'Send less; the limit is in the detail.',
});
export const UnsupportedMediaType = defineError({
  code: 'unsupported_media_type',
  class: 'unsupported',
  title: 'The content type is not supported',
  meaning: 'The body was sent with a content type this operation does not read.',
  remedy: 'Send `Content-Type: application/json`.',
});
export const RateLimited = defineError({
  code: 'rate_limited',
  class: 'limited',
  title: 'Too many requests',
  meaning: 'The identity has used up its requests for the moment.',
  remedy: 'Wait for the time in `Retry-After`; the `RateLimit` headers say what is left.',
});
export const Overloaded = defineError({
  code: 'overloaded',
  class: 'unavailable',
  title: 'Overloaded',
  meaning: 'More work is waiting than can be taken in safely; nothing of this request was started.',
  remedy: 'Retry after the time in `Retry-After`.',
});
export const ShuttingDown = defineError({
  code: 'shutting_down',
  class: 'unavailable',
  title: 'Shutting down',
  meaning: 'The process is draining its work and takes in nothing new.',
  remedy: 'Retry shortly; another process, or the restarted one, will answer.',
});
export const StorageUnavailable = defineError({
  code: 'storage_unavailable',
  class: 'unavailable',
  title: 'The database cannot store now',
  meaning: 'A write could not be made durable (disk full, database locked or gone); nothing of it was kept.',
  remedy: 'Retry; if it lasts, look at `GET /health/details` and free what it names.',
});
export const IdempotencyConflict = defineError({
  code: 'idempotency_conflict',
  class: 'conflict',
  title: 'The idempotency key was used for another request',
  meaning: 'A request with this key and a different body was accepted earlier.',
  remedy: 'Use a new key for a new request, or send exactly the earlier body to get its answer.',
});
export const ApprovalRequired = defineError({
  code: 'approval_required',
  class: 'conflict',
  title: 'A person has to approve this',
  meaning: 'A guard answered that the planned effects need the consent of a person; nothing was done.',
  remedy: 'Look at the plan in the details, have it approved by its digest, then send the request again.',
});
export const GuardDenied = defineError({
  code: 'guard_denied',
  class: 'forbidden',
  title: 'A guard denied this',
  meaning: 'A condition that must hold did not hold, or could not be evaluated; nothing was done.',
  remedy: 'See the guards in the details with what was measured and the limit that was used.',
});
export const EffectsLeftBounds = defineError({
  code: 'effects_left_bounds',
  class: 'conflict',
  title: 'The effects are no longer those that were approved',
  meaning: 'Planned again at the moment of running, the effects leave the bounds that were approved.',
  remedy: 'Plan again, look at the difference and have the new plan approved.',
});
export const VerificationFailed = defineError({
  code: 'verification_failed',
  class: 'internal',
  title: 'It ran, but the check afterwards failed',
  meaning: 'After the operation ran, looking at the result did not show what had been planned.',
  remedy: 'The details say what was checked and whether it was rolled back; look before you retry.',
});
export const Internal = defineError({
  code: 'internal',
  class: 'internal',
  title: 'A defect',
  meaning: 'Something happened that the program did not foresee; its cause is in the log under the correlation id.',
  remedy: 'Report it with the correlation id; retrying will hardly help.',
});

/** What a person or program may see of any thrown value: a `ReeveError` as it is, everything else as `internal`. */
export function asReeveError(error: unknown): ReeveError {
  if (error instanceof ReeveError) return error;
  return Internal.error('an unexpected error occurred; see the log', { cause: error });
}
