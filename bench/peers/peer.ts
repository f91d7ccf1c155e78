/** A known queue that does the same work as the hub: its client in this process, its worker in one of its own. */
export interface QueuePeer {
  readonly name: string;
  /** Versions, durability, concurrency. */
  readonly about: string;
  /** Submits one task and resolves when it is acknowledged. */
  submit(): Promise<unknown>;
  /** Submits many in the way that is quickest for this queue. */
  submitMany(count: number): Promise<unknown>;
  /** After the worker has run them all: resolves when the queue itself holds nothing that is still to be completed. */
  settled(): Promise<void>;
  readonly worker: WorkerProcess;
  stop(): Promise<void>;
}

/** Counts what the worker's process has done. */
export interface WorkerProcess {
  /** Resolves when so many more tasks have been run, with the moment (monotonic, the same in every process) of the last. */
  ran(count: number): Promise<bigint>;
  stop(): Promise<void>;
}

/** The tasks of every contestant. */
export const payload = { n: 1 };
export const queue = 'bench';
/** Tasks that a worker runs at the same time. */
export const concurrency = 64;
