import type { Benchmark } from '../api/token-offer.ts';

/** How much a new value counts once there are a few: the last ten or so make up nearly all of the average. */
const newestShare = 0.2;

/** Chunks of the answer that speeds are compared for: how long it would take is what is compared. */
const typicalChunks = 200;

/** What was measured of an agent's answers for one capability, here and not by itself. */
export interface Figures {
  answers: number;
  /** Share of attempts that succeeded, the newest counting most; 1 before there are any. */
  success: number;
  /** From the lease to the first chunk of a stream. */
  firstChunkMs: number | undefined;
  /** Between two chunks of a stream. */
  chunkGapMs: number | undefined;
  /** From the lease to an answer that was not streamed. */
  wholeMs: number | undefined;
}

export function newFigures(): Figures {
  return { answers: 0, success: 1, firstChunkMs: undefined, chunkGapMs: undefined, wholeMs: undefined };
}

/** Times of one attempt, on the monotonic clock. */
export interface AttemptTimes {
  readonly grantedAtMs: number;
  readonly firstChunkAtMs: number | undefined;
  readonly endedAtMs: number;
  readonly chunks: number;
}

export function succeeded(figures: Figures, { grantedAtMs, firstChunkAtMs, endedAtMs, chunks }: AttemptTimes): void {
  figures.answers += 1;
  figures.success = averaged(figures.success, 1);
  if (firstChunkAtMs === undefined) {
    figures.wholeMs = averaged(figures.wholeMs, endedAtMs - grantedAtMs);
    return;
  }
  figures.firstChunkMs = averaged(figures.firstChunkMs, firstChunkAtMs - grantedAtMs);
  if (chunks > 1) figures.chunkGapMs = averaged(figures.chunkGapMs, (endedAtMs - firstChunkAtMs) / (chunks - 1));
}

/** Of an attempt nothing more is known than that its first chunk takes so long. */
export function late(figures: Figures, firstChunkMs: number): void {
  figures.firstChunkMs = averaged(figures.firstChunkMs, firstChunkMs);
}

export function failed(figures: Figures): void {
  figures.success = averaged(figures.success, 0);
}

/** Exponentially weighted moving average. */
function averaged(known: number | undefined, value: number): number {
  return known === undefined ? value : known + newestShare * (value - known);
}

/**
 * How fast answers come, 1 (at once) to 0, by what was measured; before anything was, by what the agent says of itself.
 * One of whom nothing is known counts as fastest, so that it is tried and then known.
 */
export function speed(figures: Figures | undefined, said: Benchmark | undefined): number {
  const expectedMs = measuredMs(figures) ?? saidMs(said);
  return expectedMs === undefined ? 1 : 1_000 / (1_000 + expectedMs);
}

function measuredMs(figures: Figures | undefined): number | undefined {
  if (figures?.firstChunkMs === undefined) return figures?.wholeMs;
  return figures.firstChunkMs + typicalChunks * (figures.chunkGapMs ?? 0);
}

function saidMs(said: Benchmark | undefined): number | undefined {
  if (said === undefined || said.tokensPerSecond === 0) return undefined;
  return said.firstTokenMs + (typicalChunks * 1_000) / said.tokensPerSecond;
}
