/** Something that is stopped when the process ends. Stages run in order; within a stage everything stops at once. */
export type StopStage = 'intake' | 'work' | 'connections' | 'storage' | 'telemetry';

export interface Lifecycle {
  /** Registers what to do at the end; `name` appears in the log and in the report of what did not stop in time. */
  onStop(stage: StopStage, name: string, stop: () => void | Promise<void>): void;
  /** Aborted as soon as stopping begins. */
  readonly stopping: AbortSignal;
  /** Runs all stages once; later calls wait for the same end. Resolves with what failed or took longer than `graceMs`. */
  stop(reason: string): Promise<readonly StopFailure[]>;
}

export interface StopFailure {
  readonly stage: StopStage;
  readonly name: string;
  readonly reason: string;
}
