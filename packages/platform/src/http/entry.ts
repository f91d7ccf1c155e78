import { ShuttingDown, type ReeveError } from '@reeve/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Admissible, ErrorBodyWriter } from '../operations/index.ts';
import { keyTextOf } from './credentials.ts';
import type { RouteMetrics } from './metrics.ts';
import { errorOf, sendError } from './problem-answer.ts';
import type { HttpKit } from './kit.ts';
import { beginSpan, endSpan } from './request-span.ts';
import { addressOf, correlationIdOf, Visit } from './visit.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What one must be admitted to; nothing for probes. */
    admissible?: Admissible | undefined;
    /** The path pattern, for metrics. */
    route?: string;
    errorBody?: ErrorBodyWriter | undefined;
  }
}

/**
 * What happens to every request before its body is read: it gets its correlation id and headers, is authenticated, and
 * admitted or refused. And to every error: it gets the form that its route wants.
 */
export function enterRequests(kit: HttpKit): void {
  const { app, road, cors, lifecycle } = kit;
  const metricsOf = routeMetricsCache(kit);
  app.decorateRequest('visit', null as unknown as Visit);

  app.addHook('onRequest', (request, _reply, done) => {
    const credential = keyTextOf(request.headers);
    const recognised = credential === undefined ? undefined : kit.access.recognise(credential);
    if (recognised) recognised.then(() => done(), done);
    else done();
  });

  app.addHook('onRequest', (request, reply, done) => {
    const visit = createVisit(kit, request, reply);
    request.visit = visit;
    watchEnd(kit, request, reply, metricsOf(request));
    reply.header('X-Correlation-Id', visit.correlationId);
    reply.header('X-Content-Type-Options', 'nosniff');
    reply.header('Cache-Control', 'no-store');
    cors.answer(request.headers.origin, reply);
    const { admissible } = request.routeOptions.config;
    try {
      if (admissible) {
        if (lifecycle.stopping.aborted) throw ShuttingDown.error('the process is stopping', { retryAfterMs: 1_000 });
        visit.admitted = road.admit(admissible, visit);
      }
      done();
    } catch (error) {
      done(error as Error);
    }
  });

  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (lifecycle.stopping.aborted) reply.header('Connection', 'close');
    done();
  });

  app.setErrorHandler((thrown, request, reply) => {
    const { config, bodyLimit } = request.routeOptions;
    const error = errorOf(thrown, bodyLimit ?? kit.http.bodyLimitBytes);
    if (!request.visit.carried) noteError(kit, request, thrown, error);
    if (reply.raw.headersSent) return void reply.raw.destroy();
    sendError(reply, error, request.visit.correlationId, config.errorBody);
  });
}

function createVisit(kit: HttpKit, request: FastifyRequest, reply: FastifyReply): Visit {
  const keyText = keyTextOf(request.headers);
  const correlationId = correlationIdOf(request.raw);
  const facts = {
    caller: keyText === undefined ? undefined : kit.access.authenticate(keyText),
    credentialSent: keyText !== undefined,
    address: addressOf(request.raw, kit.http.trustProxy),
    correlationId,
    span: kit.tracing && beginSpan(kit.tracing, request, correlationId),
    draining: kit.lifecycle.stopping,
  };
  return new Visit(facts, reply.raw, reply);
}

/** One listener for everything that has to know the end: the visit's signal, and the figures. */
function watchEnd(kit: HttpKit, { visit }: FastifyRequest, { raw }: FastifyReply, metrics: RouteMetrics): void {
  const startedMs = kit.clock.monotonicMs();
  kit.underWay.begin(raw);
  raw.once('close', () => {
    visit.closed();
    kit.underWay.end(raw);
    const status = raw.writableFinished ? raw.statusCode : 499;
    metrics.ended(status, kit.clock.monotonicMs() - startedMs);
    if (visit.span) endSpan(visit.span, status);
  });
}

/** The figures of a route, kept with its options object: a look-up per request instead of labels put together. */
function routeMetricsCache({ httpMetrics }: HttpKit): (request: FastifyRequest) => RouteMetrics {
  const byConfig = new WeakMap<object, RouteMetrics>();
  return ({ method, routeOptions: { config } }) => {
    let known = byConfig.get(config);
    if (!known) byConfig.set(config, (known = httpMetrics.forRoute(method, config.route ?? 'unknown')));
    return known;
  };
}

/** What went wrong outside of the road: the road has noted its own. */
function noteError({ log, road }: HttpKit, request: FastifyRequest, thrown: unknown, error: ReeveError): void {
  const { visit, method, routeOptions } = request;
  const facts = { correlationId: visit.correlationId, method, route: routeOptions.url, code: error.code };
  if (error.code === 'internal') log.error({ ...facts, error: thrown }, 'a request met a defect');
  else log.debug({ ...facts, reason: error.message }, 'a request was refused');
  const { admissible } = routeOptions.config;
  if (visit.admitted && admissible && admissible.effect !== 'read')
    road.refused(admissible, visit.admitted, visit.correlationId, error);
}
