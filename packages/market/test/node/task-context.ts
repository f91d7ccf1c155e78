import type { TaskContext } from '@reeve/hub/api';

/** A task's context that keeps what is emitted; `emit` can be given to hold the handler back. */
export interface RecordingContext extends TaskContext {
  readonly emitted: string[];
}

export function contextFor(capability: string, over: Partial<TaskContext> = {}): RecordingContext {
  const emitted: string[] = [];
  return {
    taskId: '01890000-0000-7000-8000-000000000001',
    attempt: 1,
    fence: 1,
    capability,
    signal: new AbortController().signal,
    blob: () => Promise.reject(new Error('no blobs here')),
    emit: async (chunk) => void emitted.push(chunk),
    progress: () => undefined,
    ...over,
    emitted,
  };
}
