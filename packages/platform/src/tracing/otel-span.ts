import type { Span, SpanFacts, SpanKind } from '@reeve/kernel';
import {
  ROOT_CONTEXT,
  SpanKind as OtelKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span as RecordedSpan,
  type Tracer,
} from '@opentelemetry/api';

const kinds = {
  internal: OtelKind.INTERNAL,
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
} as const satisfies Record<SpanKind, OtelKind>;

/** A span that OpenTelemetry records. */
export class OtelSpan implements Span {
  readonly #tracer: Tracer;
  readonly #span: RecordedSpan;

  private constructor(tracer: Tracer, span: RecordedSpan) {
    this.#tracer = tracer;
    this.#span = span;
  }

  /** Nothing, when the sampler leaves it out. */
  static begin(
    tracer: Tracer,
    { name, kind, facts }: { name: string; kind: SpanKind; facts: SpanFacts },
    parent: Context,
  ): OtelSpan | undefined {
    const span = tracer.startSpan(name, { kind: kinds[kind], attributes: facts }, parent);
    return span.isRecording() ? new OtelSpan(tracer, span) : undefined;
  }

  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.#span.spanContext();
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }

  child(name: string, kind: SpanKind, facts: SpanFacts = {}): Span {
    const parent = trace.setSpan(ROOT_CONTEXT, this.#span);
    return new OtelSpan(this.#tracer, this.#tracer.startSpan(name, { kind: kinds[kind], attributes: facts }, parent));
  }

  add(facts: SpanFacts): void {
    this.#span.setAttributes(facts);
  }

  end(fault?: string): void {
    if (fault !== undefined) {
      this.#span.setAttribute('error.type', fault);
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: fault });
    }
    this.#span.end();
  }
}
