import type { ReeveError } from '@reeve/kernel';
import type { LineError } from '../api/task-streams.ts';

/** An error as a line of a stream tells it; nothing that is not in its public face. */
export function lineErrorOf({ code, message, retryable, issues, details }: ReeveError): LineError {
  return {
    code,
    message,
    retryable,
    ...(issues === undefined
      ? {}
      : { issues: issues.map(({ path, message: of }) => ({ path: [...path], message: of })) }),
    ...(details === undefined ? {} : { details }),
  };
}
