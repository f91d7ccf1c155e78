import { EpochMs, MicroUsd } from '@reeve/kernel';
import { z } from 'zod';

const figure = z.number().nonnegative();

/** What a node found when it measured its own model; its word, which what is measured of its answers outweighs. */
export const Benchmark = z.object({
  /** To the first token of one request alone. */
  firstTokenMs: figure,
  /** Of one request alone. */
  tokensPerSecond: figure,
  /** Of all requests together, at the concurrency where that was highest. */
  peakTokensPerSecond: figure,
  peakConcurrency: z.int().positive(),
  measuredAtMs: EpochMs,
});
export type Benchmark = z.output<typeof Benchmark>;

/** What work that is counted in tokens costs, and how long it may be. Prices are micro-USD per million tokens. */
export const TokenOffer = z.object({
  /** The longest prompt and answer together. */
  contextTokens: z.int().positive().optional(),
  priceInputMicroUsd: MicroUsd.default('0'),
  priceOutputMicroUsd: MicroUsd.default('0'),
  /** The host's conditions, for people: text or an address. */
  terms: z.string().min(1).max(500).optional(),
  /** It goes on with an answer that another began, given as the last message; found by trying. */
  continues: z.boolean().optional(),
  /** Which weights they are, such as their SHA-256: nodes that say the same give the same answer to the same seed. */
  digest: z.string().min(1).max(200).optional(),
  benchmark: Benchmark.optional(),
});
export type TokenOffer = z.output<typeof TokenOffer>;
