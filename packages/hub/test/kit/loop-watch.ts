const sampleEveryMs = 5;

/**
 * Watches for work that keeps the event loop of this thread from everything else. On a machine with other work a timer
 * comes late without anybody's fault: so what counts is how long this thread computed between two turns of the loop.
 */
export class LoopWatch {
  /** Longest processor time of this thread between two samples that came late. */
  longestBusyMs = 0;
  samples = 0;
  readonly #timer: NodeJS.Timeout;
  #atMs = performance.now();
  #cpuMs = threadCpuMs();

  constructor() {
    this.#timer = setInterval(() => this.#sample(), sampleEveryMs);
  }

  #sample(): void {
    const [atMs, cpuMs] = [performance.now(), threadCpuMs()];
    this.samples += 1;
    this.longestBusyMs = Math.max(this.longestBusyMs, Math.min(cpuMs - this.#cpuMs, atMs - this.#atMs));
    [this.#atMs, this.#cpuMs] = [atMs, cpuMs];
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
