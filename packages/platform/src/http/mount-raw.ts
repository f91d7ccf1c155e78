import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Admissible, Caller } from '../operations/index.ts';
import { fastifyPath } from './paths.ts';
import type { LongLived } from './long-lived.ts';
import type { RawRoute } from './route.ts';

export function rawRoute(route: RawRoute, bodyLimitBytes: number, longLived: LongLived): RouteOptions {
  return {
    method: route.method,
    url: fastifyPath(route.path),
    bodyLimit: route.bodyLimitBytes ?? bodyLimitBytes,
    config: { admissible: admissible(route), route: route.path, errorBody: route.errorBody },
    handler: (request: FastifyRequest, reply: FastifyReply) => answer(route, request, reply, longLived),
  };
}

function admissible(route: RawRoute): Admissible | undefined {
  if (route.access === 'open') return undefined;
  const effect = route.effect ?? (route.method === 'GET' ? 'read' : 'write');
  return { name: route.name, access: route.access, effect };
}

async function answer(
  route: RawRoute,
  request: FastifyRequest,
  reply: FastifyReply,
  longLived: LongLived,
): Promise<unknown> {
  const caller = request.visit.admitted as Caller;
  if (request.visit.caller) longLived.add(reply.raw, caller);
  const result = await route.handle(request, reply, caller);
  // A handler that has sent, or taken the answer over, returns nothing.
  return reply.sent ? reply : result;
}
