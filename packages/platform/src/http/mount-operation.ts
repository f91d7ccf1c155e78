import { InvalidInput, MalformedRequest } from '@reeve/kernel';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { BoundOperation, Caller, Road } from '../operations/index.ts';
import { inputReaderFor, type InputParts } from './input.ts';
import { fastifyPath } from './paths.ts';

const tokenPattern = /^[\x21-\x7e]{1,128}$/;

/** The Fastify route of an operation; everything that depends on the definition is decided here, once. */
export function operationRoute(bound: BoundOperation, road: Road, bodyLimitBytes: number): RouteOptions {
  const { operation } = bound;
  const { method, path, status = 200 } = operation.http;
  const readInput = inputReaderFor(operation);
  road.prepare(bound);
  const changes = operation.effect !== 'read';

  async function handle(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { visit } = request;
    if (changes) takeOptions(request);
    const rawInput = readInput(request as InputParts);
    visit.carried = true;
    const answer = await road.carry(bound, rawInput, visit.admitted as Caller, visit);
    if (answer.outcome === 'replayed') reply.header('Idempotency-Replayed', 'true');
    reply.code(answer.outcome === 'planned' ? 200 : status);
    reply.header('Content-Type', 'application/json; charset=utf-8');
    await reply.send(JSON.stringify(answer.output) ?? 'null');
  }

  return {
    method,
    url: fastifyPath(path),
    bodyLimit: operation.http.bodyLimitBytes ?? bodyLimitBytes,
    config: { admissible: operation, route: path, errorBody: bound.errorBody },
    handler: handle,
  };
}

/** What a write may carry besides its input: the idempotency key, and `?dryRun=true`. */
function takeOptions(request: FastifyRequest): void {
  const { visit } = request;
  const key = request.headers['idempotency-key'];
  if (key !== undefined) {
    if (typeof key !== 'string' || !tokenPattern.test(key))
      throw MalformedRequest.error('Idempotency-Key must be 1–128 visible ASCII characters');
    visit.idempotencyKey = key;
  }
  const query = request.query as Record<string, unknown>;
  if (!Object.hasOwn(query, 'dryRun')) return;
  const { dryRun } = query;
  delete query['dryRun'];
  if (dryRun !== 'true' && dryRun !== 'false')
    throw InvalidInput.error('dryRun must be true or false', {
      issues: [{ path: ['dryRun'], message: 'must be true or false' }],
    });
  visit.dryRun = dryRun === 'true';
}
