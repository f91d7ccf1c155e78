import type { z } from 'zod';
import type { ErrorKind } from './errors.ts';

/** `domain:act`, such as `tasks:write`. What a key may do is a list of these; `tasks:*` and `*` cover more. */
export type Permission = `${string}:${string}`;

/** `read` changes nothing; `write` changes something; `consequential` touches money, production or keys. */
export type OperationEffect = 'read' | 'write' | 'consequential';

export interface HttpBinding {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with parameters as `{id}`; parameters, query and body together are the input. */
  readonly path: string;
  /** Status of success; 200 when not given. */
  readonly status?: 200 | 201 | 202;
  /** Largest request body; the server's default when not given. */
  readonly bodyLimitBytes?: number;
}

export interface Example<Input> {
  readonly title: string;
  readonly input: Input;
}

export interface OperationSpec<Name extends string, In extends z.ZodType, Out extends z.ZodType> {
  /** `domain.verb`; also the command `reeve domain verb` and the client method `reeve.domain.verb`. */
  readonly name: Name;
  readonly summary: string;
  readonly description?: string;
  /** Permission it needs, or `public` for what anyone who reaches the port may see. */
  readonly access: Permission | 'public';
  readonly effect: OperationEffect;
  /**
   * Only for consequential acts that can do nothing but lower a risk (pause, revoke, rollback): a need of approval is
   * met in advance, for making people wait would raise the risk. Guards that deny still deny.
   */
  readonly approvedInAdvance?: true;
  /**
   * Only for acts of agents at work (a lease, a result): the event log tells of their effect, and they have no record in
   * the audit log, which would double every task. A repeat is harmless by the fence, so no answer is kept for it either.
   */
  readonly recordedIn?: 'events';
  readonly http: HttpBinding;
  readonly input: In;
  readonly output: Out;
  /** Errors beyond those that any operation may answer with. */
  readonly errors?: readonly ErrorKind[];
  readonly examples?: readonly Example<z.input<In>>[];
}

/** A named act of the system, defined once; HTTP, OpenAPI, client and command line are projections of it. */
export interface Operation<
  Name extends string = string,
  In extends z.ZodType = z.ZodType,
  Out extends z.ZodType = z.ZodType,
> extends OperationSpec<Name, In, Out> {
  readonly domain: string;
  readonly verb: string;
  readonly errors: readonly ErrorKind[];
}

export type InputOf<Op> = Op extends Operation<string, infer In, z.ZodType> ? z.output<In> : never;
export type RawInputOf<Op> = Op extends Operation<string, infer In, z.ZodType> ? z.input<In> : never;
export type OutputOf<Op> = Op extends Operation<string, z.ZodType, infer Out> ? z.output<Out> : never;

const namePattern = /^[a-z][a-zA-Z]*\.[a-z][a-zA-Z]*$/;

/**
 * Defines an operation.
 * @throws Error for a definition that contradicts itself: a name that is not `domain.verb`, a read that is not a GET,
 * an approval in advance on something that needs no approval, a consequential act that leaves no audit record.
 */
export function defineOperation<const Name extends string, In extends z.ZodType, Out extends z.ZodType>(
  spec: OperationSpec<Name, In, Out>,
): Operation<Name, In, Out> {
  if (!namePattern.test(spec.name)) throw new Error(`operation ${spec.name} must be named domain.verb`);
  if (spec.effect === 'read' && spec.http.method !== 'GET') throw new Error(`${spec.name} reads, so it must be a GET`);
  if (spec.effect !== 'read' && spec.http.method === 'GET')
    throw new Error(`${spec.name} changes something, so it cannot be a GET`);
  if (spec.recordedIn === 'events' && spec.effect !== 'write')
    throw new Error(`${spec.name} is not a plain write, so it cannot be recorded in the event log alone`);
  if (spec.approvedInAdvance && spec.effect !== 'consequential')
    throw new Error(`${spec.name} needs no approval in advance`);
  const [domain, verb] = spec.name.split('.') as [string, string];
  return { errors: [], ...spec, domain, verb };
}

/** Whether a list of permissions covers one: exactly, by `domain:*`, or by `*`. Deny by default. */
export function permits(granted: readonly string[], needed: Permission): boolean {
  const domain = needed.slice(0, needed.indexOf(':'));
  return granted.some((permission) => permission === needed || permission === `${domain}:*` || permission === '*');
}
