import {
  Forbidden,
  NotFound,
  permits,
  RateLimited,
  Unauthenticated,
  type OperationSpec,
  type ReeveError,
} from '@reeve/kernel';
import type { z } from 'zod';
import { StepUpRequired } from '../api/errors.ts';
import { stepUpPermissions } from '../api/permissions.ts';
import type { Caller } from './call.ts';
import type { RoadMetrics } from './metrics.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { RateDecision } from './rate-rule.ts';
import { anonymousIdentity, recordRefusal, type RefusalJournal } from './refusal-journal.ts';
import type { HeaderSink, RoadRequest } from './request.ts';

/** What is entered: an operation, or a route that is none (a stream, a gateway). */
export type Admissible = Pick<OperationSpec<string, z.ZodType, z.ZodType>, 'name' | 'access' | 'effect'>;

/** Whether a request may enter: within its rate, known, and permitted. */
export type Admission = (what: Admissible, request: RoadRequest) => Caller;

export interface AdmissionComponents {
  readonly limiter: RateLimiter;
  readonly refusals: RefusalJournal;
  readonly metrics: RoadMetrics;
}

/**
 * @returns a function that answers who enters, or throws RateLimited, Unauthenticated, Forbidden or, for a read without
 * the permission, NotFound: whoever may not see a thing does not learn whether it is there.
 */
export function createAdmission(components: AdmissionComponents): Admission {
  const { limiter, metrics } = components;
  return (what, request) => {
    const { caller } = request;
    const rate = caller ? limiter.takeForIdentity(caller.identity) : limiter.takeForAddress(request.address);
    if (request.headers) writeRateHeaders(request.headers, rate);
    if (!rate.allowed) {
      metrics.rateLimited(caller ? 'identity' : 'address');
      throw refuse(components, what, request, tooMany(rate));
    }
    if (what.access === 'public' && (caller || !request.credentialSent)) return caller ?? anonymous(request.address);
    if (!caller) {
      metrics.refusedUnauthenticated();
      throw refuse(components, what, request, noIdentity(request.credentialSent));
    }
    if (what.access !== 'public' && !permits(caller.permissions, what.access))
      throw refuse(components, what, request, notPermitted(what));
    if (needsStepUp(what, caller)) throw refuse(components, what, request, notSteppedUp(what));
    return caller;
  };
}

export function anonymous(address: string): Caller {
  return { identity: `${anonymousIdentity}${address}`, tenant: '', permissions: [] };
}

function writeRateHeaders(headers: HeaderSink, rate: RateDecision): void {
  headers.header('RateLimit-Limit', rate.limit);
  headers.header('RateLimit-Remaining', rate.remaining);
  headers.header('RateLimit-Reset', Math.ceil(rate.resetMs / 1_000));
}

function tooMany(rate: RateDecision) {
  return RateLimited.error(`too many requests; the next is possible in ${rate.retryAfterMs} ms`, {
    retryAfterMs: rate.retryAfterMs,
  });
}

function noIdentity(credentialSent: boolean) {
  const reason = credentialSent
    ? 'the credential is unknown, expired or revoked'
    : 'no credential was sent; send an API key or an access token as `Authorization: Bearer …`';
  return Unauthenticated.error(reason);
}

/** Only for people: a key is given exactly what it is for, and has nobody to ask. */
function needsStepUp({ effect, access }: Admissible, { person }: Caller): boolean {
  if (person === undefined || person.steppedUp || effect === 'read') return false;
  return effect === 'consequential' || stepUpPermissions.has(access);
}

function notSteppedUp({ name }: Admissible) {
  return StepUpRequired.error(`${name} needs a code of your authenticator: \`reeve totp enrol\`, or sessions.stepUp`);
}

function notPermitted(what: Admissible) {
  if (what.effect === 'read') return NotFound.error('there is no such thing, or this key may not see it');
  return Forbidden.error(`${what.name} needs the permission ${what.access}, which this key does not have`, {
    details: { permission: what.access },
  });
}

/**
 * Leaves an audit record for what would have changed something, and for every credential that did not hold; any other
 * refused read is only counted.
 */
function refuse(
  { refusals }: AdmissionComponents,
  what: Admissible,
  request: RoadRequest,
  error: ReeveError,
): ReeveError {
  const guessed = request.credentialSent && !request.caller;
  if (what.effect !== 'read' || guessed) {
    const caller = request.caller ?? anonymous(request.address);
    recordRefusal(refusals, what, caller, request.correlationId, error);
  }
  return error;
}
