/** Facts of a span: by the conventions of OpenTelemetry, or beginning with `reeve.`. Never a payload, never a secret. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

/** What the span is to the one above it, as OpenTelemetry has it. */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** A stretch of work in a trace. Work that is not traced has none, so that it costs nothing. Never throws. */
export interface Span {
  /** Hands the span on as a parent: the header `traceparent` of W3C Trace Context. */
  readonly traceparent: string;
  /** Begins a span below this one. */
  child(name: string, kind: SpanKind, facts?: SpanFacts): Span;
  add(facts: SpanFacts): void;
  /** Ends it, once. `fault` is the code of what went wrong. */
  end(fault?: string): void;
}
