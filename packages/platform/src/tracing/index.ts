export { openTracing } from './open-tracing.ts';
export { TracedDatabase } from './traced-database.ts';
export type { Tracing } from './tracing.ts';
