/** A node of this story: what it asks for, in micro-USD per million tokens, and what its machine is like. */
export interface Role {
  readonly name: string;
  readonly priceInput: number;
  readonly priceOutput: number;
  readonly msPerToken: number;
  /** Tokens that its model server reports for each one that there is. */
  readonly reportedPerToken: number;
}

/** One that is slow and not dear, one that is fast and dear, and the cheapest of all, which lies about what it did. */
export const cast: readonly Role[] = [
  { name: 'ada', priceInput: 150_000, priceOutput: 600_000, msPerToken: 8, reportedPerToken: 1 },
  { name: 'bob', priceInput: 500_000, priceOutput: 2_000_000, msPerToken: 2, reportedPerToken: 1 },
  { name: 'cyd', priceInput: 100_000, priceOutput: 400_000, msPerToken: 4, reportedPerToken: 9 },
];

/** It is killed in the middle of the load. */
export const victim = 'bob';
/** What it says that it is owed is not what anybody got. */
export const liar = 'cyd';
