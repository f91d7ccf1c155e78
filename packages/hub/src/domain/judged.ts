import type { JsonValue } from '@reeve/kernel';
import type { Verify } from '../api/verify.ts';

/** An attempt that succeeded, which a task of another agent judges. */
export interface Judged {
  readonly how: 'check' | 'rerun';
  readonly agentId: string;
  readonly capabilities: readonly string[];
  readonly output: JsonValue;
}

/** How what comes of a task is judged; a task of the hub's own, in turn, judges what came of another. */
export interface TaskVerify extends Verify {
  readonly judges?: Judged;
}

/** What a check answered: `true`, `false`, or an object that says `pass`; undefined when it is none of these. */
export function verdictOf(answer: JsonValue): boolean | undefined {
  const said = typeof answer === 'object' && answer !== null && 'pass' in answer ? answer['pass'] : answer;
  return typeof said === 'boolean' ? said : undefined;
}
