import type { Span, SpanFacts } from '@reeve/kernel';
import type { Secret } from '../config/secret.ts';
import type { Logger } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';

/** Where traces begin. Everything below gets its span from the one above, and nothing where there is none. */
export interface Tracing {
  /**
   * Begins the span of a request, below that of its caller when it sent a `traceparent` that can be read. Nothing, when
   * the request is not among those that are traced; the caller decides for its own.
   */
  begin(name: string, facts: SpanFacts, traceparent: string | undefined): Span | undefined;
}

export interface TracingComponents {
  readonly settings: TracingSettings;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Said of every span. */
  readonly about: { readonly version: string; readonly environment: string };
}

export interface TracingSettings {
  /** Nothing is traced without it. */
  readonly endpoint?: string | undefined;
  readonly authorization?: Secret | undefined;
  readonly sampleRatio: number;
  readonly exportTimeoutMs: number;
  readonly queueSpans: number;
}

export interface OpenTracing extends Tracing {
  /** Sends what waits, for two seconds at most; what could not be sent by then is dropped. */
  close(): Promise<void>;
}
