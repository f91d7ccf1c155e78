import type { IncomingMessage } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { healthDetails } from '../api/health.ts';
import { assertKnownPermissions } from '../api/permissions.ts';
import { bind, type BoundOperation } from '../operations/index.ts';
import { parseJsonBody } from './body.ts';
import { answerClientError } from './client-error.ts';
import { Cors } from './cors.ts';
import { drainOnStop } from './drain.ts';
import { enterRequests } from './entry.ts';
import type { HttpKit, HttpServerComponents } from './kit.ts';
import { listenOn } from './listen.ts';
import { LongLived } from './long-lived.ts';
import { createHttpMetrics } from './metrics.ts';
import { operationRoute } from './mount-operation.ts';
import { rawRoute } from './mount-raw.ts';
import { answerUnknown } from './not-found.ts';
import { openApiDocument } from './openapi/document.ts';
import { KnownPaths } from './paths.ts';
import { defaultHttpSettings, type HttpSettings } from './settings.ts';
import { standingRoutes } from './standing-routes.ts';
import { errorOf, sendError } from './problem-answer.ts';
import type { RawRoute } from './route.ts';
import type { TlsFiles } from './tls.ts';
import { UnderWay } from './under-way.ts';
import { mountUpgrades } from './upgrades.ts';
import { correlationIdOf } from './visit.ts';

export interface HttpServer {
  /** Starts to accept connections; answers the base URL. @throws PortInUse, CannotListen */
  listen(address: { readonly host: string; readonly port: number }): Promise<string>;
  readonly openApi: () => string;
}

/**
 * Builds the server and mounts everything; listens only when told to. It stops with the lifecycle it was given.
 * @throws Error for an operation or route that asks for a permission nobody can have, or two with one path.
 */
export async function createHttpServer(components: HttpServerComponents): Promise<HttpServer> {
  const http = { ...defaultHttpSettings, ...components.settings };
  const underWay = new UnderWay();
  const kit: HttpKit = {
    ...components,
    http,
    app: createFastify(http, components.tls),
    cors: new Cors(http.corsOrigins),
    paths: new KnownPaths(),
    underWay,
    longLived: new LongLived(components.access),
    httpMetrics: createHttpMetrics(components.metrics, underWay),
  };
  const operations = [...components.operations, bind(healthDetails, () => components.health.look())];
  assertAccessIsKnown([...operations.map(({ operation }) => operation), ...(components.routes ?? [])]);
  const openApi = once(() =>
    JSON.stringify(
      openApiDocument(
        operations.map(({ operation }) => operation),
        components,
      ),
    ),
  );
  enterRequests(kit);
  answerUnknown(kit);
  await mountRoutes(kit, operations, openApi);
  mountUpgrades(kit);
  answerClientError(kit);
  drainOnStop(kit);
  await kit.app.ready();
  kit.app.server.maxConnections = http.connectionsAtMost;
  kit.app.server.on('connection', (socket) => kit.httpMetrics.connected(socket));
  kit.app.server.on('drop', () => kit.httpMetrics.refused('connections_at_most'));
  const scheme = components.tls ? 'https' : 'http';
  return { listen: (address) => listenOn(kit.app, scheme, address), openApi };
}

function createFastify(http: HttpSettings, tls: TlsFiles | undefined): FastifyInstance {
  const connections = {
    // A client that offers h2c with an ordinary request gets the ordinary answer.
    shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
    maxHeaderSize: http.headerLimitBytes,
    headersTimeout: http.headersTimeoutMs,
    // How often Node looks for connections beyond their time: the precision of both time-outs.
    connectionsCheckingInterval: Math.min(1_000, http.headersTimeoutMs),
  };
  const options = {
    logger: false,
    bodyLimit: http.bodyLimitBytes,
    requestTimeout: http.requestTimeoutMs,
    keepAliveTimeout: http.keepAliveTimeoutMs,
    // While stopping we answer in our own words; see drain.ts.
    return503OnClosing: false,
    forceCloseConnections: false,
    exposeHeadRoutes: false,
    // Paths that the router cannot read reach no hook.
    frameworkErrors: (fault, request, reply) => {
      const correlationId = correlationIdOf(request.raw);
      reply.header('X-Correlation-Id', correlationId).header('X-Content-Type-Options', 'nosniff');
      sendError(reply, errorOf(fault, http.bodyLimitBytes), correlationId);
    },
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: false },
  } satisfies FastifyServerOptions;
  if (tls === undefined) return Fastify({ ...options, http: connections });
  const secure = { cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' as const };
  // To everything that is mounted a secure server is like any other.
  return Fastify({ ...options, https: { ...connections, ...secure } }) as unknown as FastifyInstance;
}

async function mountRoutes(kit: HttpKit, operations: readonly BoundOperation[], openApi: () => string): Promise<void> {
  const { app, paths, road, http } = kit;
  const raw = kit.routes ?? [];
  await app.register(async (json) => {
    readJson(json);
    for (const bound of operations) {
      const { method, path } = bound.operation.http;
      paths.add(method, path, { errorBody: bound.errorBody });
      json.route({ ...operationRoute(bound, road, http.bodyLimitBytes), exposeHeadRoute: true });
    }
    for (const route of standingRoutes({ health: kit.health, metrics: kit.metrics, openApi })) {
      paths.add(route.method, route.path);
      json.route({ ...rawRoute(route, http.bodyLimitBytes, kit.longLived), exposeHeadRoute: true });
    }
    for (const route of raw.filter(({ body }) => body !== 'stream')) mountRaw(json, kit, route);
  });
  await app.register(async (streams) => {
    streams.removeAllContentTypeParsers();
    streams.addContentTypeParser('*', (_request, _payload, done) => done(null));
    for (const route of raw.filter(({ body }) => body === 'stream')) mountRaw(streams, kit, route);
  });
}

function mountRaw(app: FastifyInstance, { paths, http, longLived }: HttpKit, route: RawRoute): void {
  // No HEAD: of a stream it would never end.
  paths.add(route.method, route.path, { head: false, errorBody: route.errorBody });
  app.route(rawRoute(route, http.bodyLimitBytes, longLived));
}

function readJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, parseJsonBody(text as string));
    } catch (error) {
      done(error as Error);
    }
  });
}

function assertAccessIsKnown(parts: ReadonlyArray<{ readonly name: string; readonly access: string }>): void {
  for (const { name, access } of parts)
    if (access !== 'public' && access !== 'open') assertKnownPermissions(name, [access]);
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
