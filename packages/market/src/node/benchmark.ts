import type { Benchmark } from '@reeve/hub/api';
import { elapsedMs, StreamFacts } from './answer-facts.ts';
import type { Backend } from './backend.ts';

export interface BenchmarkOptions {
  readonly backend: Backend;
  /** As the backend wants it. */
  readonly model: string;
  /** The curve goes 1, 2, 4 … up to this. */
  readonly maxConcurrency: number;
  /** Longest answer asked for. Default 32. */
  readonly tokens?: number;
  /** Before a further level begins; one that has begun is finished. */
  readonly budgetMs: number;
  readonly signal: AbortSignal;
  readonly onLevel?: (level: BenchmarkLevel) => void;
}

/** So many requests at once, all begun together. */
export interface BenchmarkLevel {
  readonly concurrency: number;
  /** Median over the requests. */
  readonly firstTokenMs: number;
  /** Of all requests together, from the beginning to the end of the last. */
  readonly tokensPerSecond: number;
}

/** Measures a model by levels of rising concurrency, after one request that is not counted because it may load it. */
export async function benchmarkCurve(options: BenchmarkOptions): Promise<BenchmarkLevel[]> {
  const startedMs = performance.now();
  await measureRequest(options);
  const levels: BenchmarkLevel[] = [];
  for (let concurrency = 1; ; concurrency = Math.min(concurrency * 2, options.maxConcurrency)) {
    const level = await measureLevel(options, concurrency);
    levels.push(level);
    options.onLevel?.(level);
    if (concurrency >= options.maxConcurrency || performance.now() - startedMs >= options.budgetMs) return levels;
  }
}

/** What an offer says of a curve. */
export function benchmarkOf(levels: readonly BenchmarkLevel[], nowMs: number): Benchmark {
  const alone = levels[0]!;
  const peak = levels.reduce((best, level) => (level.tokensPerSecond > best.tokensPerSecond ? level : best));
  return {
    firstTokenMs: alone.firstTokenMs,
    tokensPerSecond: alone.tokensPerSecond,
    peakTokensPerSecond: peak.tokensPerSecond,
    peakConcurrency: peak.concurrency,
    measuredAtMs: nowMs,
  };
}

async function measureLevel(options: BenchmarkOptions, concurrency: number): Promise<BenchmarkLevel> {
  const startedMs = performance.now();
  const requests = await Promise.all(Array.from({ length: concurrency }, () => measureRequest(options)));
  const seconds = (performance.now() - startedMs) / 1_000;
  const tokens = requests.reduce((sum, request) => sum + request.tokens, 0);
  const firstTokensMs = requests.map(({ firstTokenMs }) => firstTokenMs).sort((a, b) => a - b);
  return {
    concurrency,
    firstTokenMs: firstTokensMs[firstTokensMs.length >> 1]!,
    tokensPerSecond: Math.round((tokens / seconds) * 10) / 10,
  };
}

/** One streamed answer. A backend that does not count its tokens is taken to send one in each chunk. */
async function measureRequest({ backend, model, tokens = 32, signal }: BenchmarkOptions) {
  const startedMs = performance.now();
  const facts = new StreamFacts(startedMs);
  const messages = [{ role: 'user', content: 'Count from one to one hundred in words.' }];
  const body = { model, messages, max_tokens: tokens, stream: true, stream_options: { include_usage: true } };
  for await (const chunk of backend.answerStream(body, signal)) facts.see(chunk);
  return {
    firstTokenMs: facts.firstTokenMs ?? elapsedMs(startedMs),
    tokens: facts.usage?.completionTokens ?? facts.chunks,
  };
}
