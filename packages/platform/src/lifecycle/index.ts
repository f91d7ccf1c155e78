export type { Lifecycle } from './lifecycle.ts';
export { createLifecycle } from './create-lifecycle.ts';
export { installSignals } from './install-signals.ts';
