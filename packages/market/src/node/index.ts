/** The node side of the market: what `reeve node` runs in front of a model server. */
export { createMarketNode } from './market-node.ts';
export type { MarketNode, MarketNodeOptions, NodeDeclaration, SelfBenchmark } from './market-node.ts';
export { benchmarkCurve } from './benchmark.ts';
export type { BenchmarkLevel, BenchmarkOptions } from './benchmark.ts';
export type { OfferTerms, TokenPrices } from './offer-terms.ts';
export type { RefusedModel, ServedModel } from './capability.ts';
export { createMiniBackend } from '../drivers/mini/index.ts';
export type { MiniBackendOptions } from '../drivers/mini/index.ts';
export { createOpenAiBackend } from '../drivers/openai/index.ts';
export type { OpenAiBackendOptions } from '../drivers/openai/index.ts';
export type { Backend, BackendModel, ModelBody } from './backend.ts';
export type { ChatOutput, ChatUsage, StreamedAnswer, WholeAnswer } from './chat-output.ts';
