import type { Span } from '@reeve/kernel';
import type { FastifyRequest } from 'fastify';
import type { Tracing } from '../tracing/tracing.ts';

/** The span of a request; none for probes, which nobody wants to see traced. */
export function beginSpan(
  tracing: Tracing,
  { method, headers, routeOptions }: FastifyRequest,
  correlationId: string,
): Span | undefined {
  const { admissible, route = 'unknown' } = routeOptions.config;
  if (!admissible) return undefined;
  const { traceparent } = headers;
  const facts = {
    'http.request.method': method,
    'http.route': route,
    'reeve.operation': admissible.name,
    'reeve.correlation_id': correlationId,
  };
  return tracing.begin(`${method} ${route}`, facts, typeof traceparent === 'string' ? traceparent : undefined);
}

/** A refusal is no fault of the server; 499 is a caller that went away. */
export function endSpan(span: Span, status: number): void {
  span.add({ 'http.response.status_code': status });
  span.end(status >= 500 ? String(status) : undefined);
}
