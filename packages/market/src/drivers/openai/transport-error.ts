import type { ReeveError } from '@reeve/kernel';
import { errors } from 'undici';
import { BackendEndedEarly, BackendMalformed, BackendTimeout, BackendUnreachable } from '../../node/errors.ts';
import type { OpenAiSettings } from './options.ts';

/** The error for a request that failed below HTTP. `answered`: status and headers had arrived. */
export function transportErrorOf(settings: OpenAiSettings, cause: unknown, answered: boolean): ReeveError {
  const { name } = settings;
  const { code, text } = factsOf(cause);
  switch (code) {
    case 'UND_ERR_CONNECT_TIMEOUT':
      return BackendTimeout.error(`${name} took no connection within connectTimeoutMs (${settings.connectTimeoutMs})`, {
        cause,
      });
    case 'UND_ERR_HEADERS_TIMEOUT':
      return BackendTimeout.error(`${name} did not begin to answer within the time-out for the first byte`, { cause });
    case 'UND_ERR_BODY_TIMEOUT':
      return BackendTimeout.error(`${name} was silent within an answer for idleTimeoutMs (${settings.idleTimeoutMs})`, {
        cause,
      });
  }
  if (answered)
    return BackendEndedEarly.error(`${name} broke the connection off within its answer: ${text}`, { cause });
  if (cause instanceof errors.HTTPParserError)
    return BackendMalformed.error(`${name} does not speak HTTP: ${text}`, { cause });
  return BackendUnreachable.error(`${name} cannot be reached: ${text}`, { cause });
}

function factsOf(cause: unknown): { code: string; text: string } {
  if (!(cause instanceof Error)) return { code: '', text: String(cause) };
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  // An AggregateError (localhost has two addresses) has a code but no message.
  return { code, text: cause.message || code || cause.name };
}
