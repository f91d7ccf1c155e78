/** What an agent under test does with a task: the input of the task says it. */
export interface Act {
  /** Number of the task in its test. */
  readonly number: number;
  readonly runMs?: number;
  /** Before that it lets its process do nothing else for so long, not even listen. */
  readonly blockMs?: number;
  /** So many attempts fail in a way that another attempt may mend. */
  readonly failures?: number;
  /** So many attempts run on until they are told to stop. */
  readonly hangs?: number;
  /** Fails in a way that no other attempt can mend. */
  readonly permanent?: boolean;
  /** Stream chunks it emits on the way, nobody following. */
  readonly chunks?: number;
}

/** What a succeeded act leaves as output: enough to find the one run of the handler that made it. */
export interface ActOutput {
  readonly number: number;
  readonly execution: string;
  readonly fence: number;
  readonly attempt: number;
}

/** Code of an error that no other attempt can mend. */
export const permanentCode = 'act_impossible';
export const retryableCode = 'act_failed';

/** A chat answer: `chunks` numbered pieces, one every `gapMs`. Sent as the text of the only message. */
export interface ChatAct {
  readonly chunks: number;
  readonly gapMs: number;
}

/** One piece of a streamed chat answer. */
export interface ChatPiece {
  readonly execution: string;
  readonly index: number;
  readonly of: number;
}
