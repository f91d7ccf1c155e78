import type { Socket } from 'node:net';
import type { Counter, Histogram, Metrics } from '../metrics/index.ts';
import type { UnderWay } from './under-way.ts';

/** What the HTTP server counts; a route is its pattern, so that the number of labels is bounded. */
export interface HttpMetrics {
  forRoute(method: string, route: string): RouteMetrics;
  /** Counts a connection until it is closed. */
  connected(socket: Socket): void;
  /** A connection or request refused before it reached a route. */
  refused(reason: string): void;
}

export interface RouteMetrics {
  ended(status: number, durationMs: number): void;
}

export function createHttpMetrics(metrics: Metrics, underWay: UnderWay): HttpMetrics {
  const requests = metrics.counter({
    area: 'http',
    what: 'requests',
    help: 'HTTP requests by route and status',
    labels: ['method', 'route', 'status'],
    maxChildren: 4_000,
  });
  const durations = metrics.histogram({
    area: 'http',
    what: 'request_duration',
    unit: 'seconds',
    help: 'Duration of HTTP requests, from their headers being read to their answer being sent',
    labels: ['method', 'route'],
    maxChildren: 1_000,
  });
  metrics.sampledGauge({
    area: 'http',
    what: 'active',
    unit: 'requests',
    help: 'Requests under way',
    read: () => underWay.count,
  });
  const open = metrics
    .gauge({ area: 'http', what: 'open', unit: 'connections', help: 'Connections open, upgraded ones among them' })
    .child();
  const refusals = metrics.counter({
    area: 'http',
    what: 'refused_early',
    help: 'Connections and requests refused before a route was reached',
    labels: ['reason'],
  });
  return {
    forRoute: (method, route) =>
      routeMetrics(durations.child(method, route), (status) => requests.child(method, route, String(status))),
    connected(socket) {
      open.add(1);
      socket.once('close', () => open.add(-1));
    },
    refused: (reason) => refusals.child(reason).inc(),
  };
}

function routeMetrics(duration: Histogram, counterFor: (status: number) => Counter): RouteMetrics {
  const byStatus = new Map<number, Counter>();
  return {
    ended(status, durationMs) {
      let count = byStatus.get(status);
      if (!count) byStatus.set(status, (count = counterFor(status)));
      count.inc();
      duration.observe(durationMs / 1_000);
    },
  };
}
