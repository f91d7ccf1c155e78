import type { ErrorKind } from '@reeve/kernel';
import type { TaskError } from '../api/task.ts';

/** Why an attempt failed, when the hub itself says so: whether another can help follows from the kind. */
export function attemptError({ code, retryable }: ErrorKind, message: string): TaskError {
  return { code, message, retryable };
}
