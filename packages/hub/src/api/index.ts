export * from './agent.ts';
export * from './task.ts';
export * from './explain.ts';
export * from './agent-operations.ts';
export * from './task-operations.ts';
export * from './hub-operations.ts';
export * from './protocol.ts';
export type { Handler, TaskContext } from './handler.ts';
