export { createExecHandler } from './exec/exec-handler.ts';
export type { ExecOptions } from './exec/exec-handler.ts';
