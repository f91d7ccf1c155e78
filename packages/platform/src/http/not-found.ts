import { NotFound, WrongMethod } from '@reeve/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Admissible } from '../operations/index.ts';
import { sendError } from './problem-answer.ts';
import type { HttpKit } from './kit.ts';

/** Looking for what is not there is limited like everything else. */
const looking: Admissible = { name: 'http.unknown', access: 'public', effect: 'read' };

/** What no route answers: OPTIONS, a wrong method on a known path, an unknown path. */
export function answerUnknown({ app, paths, cors, road, upgrades = [], missingErrorBody }: HttpKit): void {
  const upgradePaths = new Set(upgrades.map(({ path }) => path));
  // No body is read here: whether it is valid matters to nobody.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const { visit } = request;
    const methods = paths.methodsOf(request.url);
    if (methods.length > 0) reply.header('Allow', methods.join(', '));
    if (request.method === 'OPTIONS' && methods.length > 0) {
      // A preflight carries no key, so it is answered before anyone asks who it is.
      cors.answerPreflight(request.headers.origin, methods, reply);
      return reply.code(204).send();
    }
    road.admit(looking, visit);
    const isMissing = methods.length === 0;
    const error = isMissing ? missing(upgradePaths, request.url) : wrongMethod(methods, request);
    const errorBody = isMissing ? missingErrorBody : paths.errorBodyOf(request.url);
    sendError(reply, error, visit.correlationId, errorBody);
    return reply;
  });
}

function missing(upgradePaths: ReadonlySet<string>, url: string) {
  const path = shown(url);
  return NotFound.error(
    upgradePaths.has(path) ? `${path} speaks WebSocket only; send an upgrade` : `there is nothing at ${path}`,
  );
}

function wrongMethod(methods: readonly string[], { url, method }: FastifyRequest) {
  return WrongMethod.error(`${shown(url)} knows ${methods.join(', ')}, not ${method}`);
}

/** Without its query, which may hold anything, and not longer than a line. */
function shown(url: string): string {
  return url.split('?', 1)[0]!.slice(0, 100);
}
