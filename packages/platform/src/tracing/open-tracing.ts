import type { OpenTracing, TracingComponents } from './tracing.ts';

/** Tracing as it is configured. Without an endpoint there is none, and what it needs is not even loaded. */
export async function openTracing(components: TracingComponents): Promise<OpenTracing | undefined> {
  const { endpoint } = components.settings;
  if (endpoint === undefined) return undefined;
  const { createTracing } = await import('./create-tracing.ts');
  return createTracing(endpoint, components);
}
