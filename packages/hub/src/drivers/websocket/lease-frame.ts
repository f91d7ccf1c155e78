import type { Lease } from '../../domain/live.ts';

/** By hand: the input is JSON text already and is not parsed and written once more. */
export function leaseFrame({ fence, task }: Lease, input: string): string {
  const deadline = task.deadlineAtMs === undefined ? '' : `,"deadlineAtMs":${task.deadlineAtMs}`;
  const trace = task.trace === undefined ? '' : `,"traceparent":"${task.trace.span.traceparent}"`;
  const capability = JSON.stringify(task.queue.wanted.requires[0]!.name);
  return (
    `{"type":"lease","taskId":"${task.id}","fence":${fence},"attempt":${task.attempt},"kind":${JSON.stringify(task.kind)},` +
    `"capability":${capability},"timeoutMs":${task.timeoutMs}${deadline}${trace},"input":${input}}`
  );
}
