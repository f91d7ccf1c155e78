import { ROOT_CONTEXT, trace, type Context } from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { OtelSpan } from './otel-span.ts';
import { SpanQueue } from './span-queue.ts';
import type { OpenTracing, TracingComponents } from './tracing.ts';

/** Tracing that is sent to an endpoint, by OTLP over HTTP with JSON. */
export function createTracing(endpoint: string, { settings, metrics, log, about }: TracingComponents): OpenTracing {
  const { authorization, sampleRatio, exportTimeoutMs, queueSpans } = settings;
  const headers: Record<string, string> = authorization ? { authorization: authorization.reveal() } : {};
  const spans = metrics.counter({
    area: 'tracing',
    what: 'spans',
    help: 'Ended spans: sent, or dropped because the queue was full or the endpoint did not take them',
    labels: ['outcome'],
  });
  const queue = new SpanQueue({
    exporter: new OTLPTraceExporter({ url: endpoint, headers, timeoutMillis: exportTimeoutMs }),
    limitSpans: queueSpans,
    count: (outcome, count) => spans.child(outcome).inc(count),
    log,
  });
  metrics.sampledGauge({
    area: 'tracing',
    what: 'waiting',
    unit: 'spans',
    help: 'Ended spans that wait to be sent',
    read: () => queue.size,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'reeve',
      'service.version': about.version,
      'deployment.environment.name': about.environment,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanProcessors: [queue],
  });
  const tracer = provider.getTracer('reeve', about.version);
  return {
    begin: (name, facts, traceparent) =>
      OtelSpan.begin(tracer, { name, kind: 'server', facts }, contextOf(traceparent)),
    close: () => provider.shutdown(),
  };
}

/** What cannot be read is left aside, as W3C Trace Context wants it: a new trace begins. */
function contextOf(traceparent: string | undefined): Context {
  const parent = traceparent === undefined ? null : parseTraceParent(traceparent);
  return parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
}
