import type { Clock } from '@reeve/kernel';
import type { FastifyInstance } from 'fastify';
import type { Access } from '../access/index.ts';
import type { Lifecycle } from '../lifecycle/index.ts';
import type { Logger } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { BoundOperation, ErrorBodyWriter, Road } from '../operations/index.ts';
import type { Tracing } from '../tracing/tracing.ts';
import type { Cors } from './cors.ts';
import type { Health } from './health.ts';
import type { LongLived } from './long-lived.ts';
import type { HttpMetrics } from './metrics.ts';
import type { KnownPaths } from './paths.ts';
import type { RawRoute, UpgradeRoute } from './route.ts';
import type { HttpSettings } from './settings.ts';
import type { TlsFiles } from './tls.ts';
import type { UnderWay } from './under-way.ts';

export interface HttpServerComponents {
  readonly operations: readonly BoundOperation[];
  readonly routes?: readonly RawRoute[];
  readonly upgrades?: readonly UpgradeRoute[];
  /** The form of errors at paths where there is nothing, when it is not that of RFC 9457. */
  readonly missingErrorBody?: ErrorBodyWriter;
  readonly road: Road;
  readonly access: Access;
  readonly health: Health;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
  readonly tracing?: Tracing | undefined;
  readonly settings?: Partial<HttpSettings>;
  /** Serves HTTPS and WSS, and nothing in clear. */
  readonly tls?: TlsFiles | undefined;
  /** Of the product, for the OpenAPI document. */
  readonly version: string;
}

/** Everything an assembled server shares among its parts. */
export interface HttpKit extends HttpServerComponents {
  readonly app: FastifyInstance;
  readonly cors: Cors;
  readonly paths: KnownPaths;
  readonly httpMetrics: HttpMetrics;
  readonly http: HttpSettings;
  readonly longLived: LongLived;
  readonly underWay: UnderWay;
}
