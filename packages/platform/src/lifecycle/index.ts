export type { Lifecycle, StopFailure, StopStage } from './lifecycle.ts';
export { createLifecycle, stopStages } from './create-lifecycle.ts';
export type { LifecycleOptions } from './create-lifecycle.ts';
export { installSignals } from './install-signals.ts';
export type { SignalOptions } from './install-signals.ts';
