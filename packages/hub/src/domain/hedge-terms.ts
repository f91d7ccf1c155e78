/** When a stream that has not begun is asked for a second time, elsewhere. */
export interface HedgeTerms {
  /** Of the times to the first chunk, the one that has to be over, such as 0.95. */
  readonly quantile: number;
  /** Never sooner than this. */
  readonly minDelayMs: number;
  /** Streams that must have been measured. */
  readonly minSamples: number;
  /** Share of the streams of the last ten seconds; beside it there is one in ten seconds. */
  readonly maxShare: number;
}
