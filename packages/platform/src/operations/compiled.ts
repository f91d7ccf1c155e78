import type { Operation } from '@reeve/kernel';
import type { z } from 'zod';
import type { BoundOperation, ConsequentialHandler, Handler } from './call.ts';
import type { OperationMetrics, RoadMetrics } from './metrics.ts';
import { strictAtTop } from './validate.ts';

/** An operation made ready once, so that a request finds everything resolved. */
export interface CompiledOperation {
  readonly operation: Operation;
  readonly input: z.ZodType;
  readonly run: Way;
  readonly metrics: OperationMetrics;
  /** Whether it leaves a record in the audit log. */
  readonly audited: boolean;
}

/** The short way of a read or plain write, or the whole way of a consequential act. */
export type Way =
  | { readonly kind: 'direct'; readonly handler: Handler<Operation> }
  | { readonly kind: 'guarded'; readonly handler: ConsequentialHandler<Operation> };

/** @throws Error when a consequential operation is bound to a plain handler: it would skip its guards. */
export function compileOperation(bound: BoundOperation, metrics: RoadMetrics): CompiledOperation {
  const { operation, handler } = bound;
  if (operation.effect === 'consequential' && typeof handler === 'function')
    throw new Error(`${operation.name} is consequential, so its handler must have plan, guards, run and verify`);
  return {
    operation,
    input: strictAtTop(operation.input),
    run: typeof handler === 'function' ? { kind: 'direct', handler } : { kind: 'guarded', handler },
    metrics: metrics.forOperation(operation.name),
    audited: operation.effect !== 'read' && operation.recordedIn !== 'events',
  };
}
