import type { TraceOffer } from '../../api/trace-file.ts';
import type { TraceRequest } from '../../api/trace.ts';
import type { TokenPrice } from '../receipts/dispute.ts';

/** A node as the replay has it. */
export interface ReplayNode {
  readonly name: string;
  readonly slots: number;
  readonly prices: Map<string, TokenPrice>;
  free: number;
  busyMs: number;
  served: number;
  picoUsd: bigint;
}

/** The nodes of a trace, all idle; of a node that offers several models its slots are those of the first. */
export function fleetOf(offers: readonly TraceOffer[]): Map<string, ReplayNode> {
  const fleet = new Map<string, ReplayNode>();
  for (const { node: name, model, maxConcurrency: slots, priceInputMicroUsd, priceOutputMicroUsd } of offers) {
    const price = { inputMicroUsd: BigInt(priceInputMicroUsd), outputMicroUsd: BigInt(priceOutputMicroUsd) };
    const known = fleet.get(name);
    if (known) known.prices.set(model, price);
    else
      fleet.set(name, {
        name,
        slots,
        prices: new Map([[model, price]]),
        free: slots,
        busyMs: 0,
        served: 0,
        picoUsd: 0n,
      });
  }
  return fleet;
}

/** How long the requests of a trace took on average, by node and model. */
export class RecordedSpeeds {
  readonly #sums = new Map<string, { durationMs: number; tokens: number; requests: number }>();

  constructor(requests: readonly TraceRequest[]) {
    for (const request of requests) {
      this.#add(`${request.node} ${request.model}`, request);
      this.#add(request.model, request);
    }
  }

  #add(key: string, { durationMs, promptTokens, completionTokens }: TraceRequest): void {
    const sum = this.#sums.get(key) ?? { durationMs: 0, tokens: 0, requests: 0 };
    sum.durationMs += durationMs;
    sum.tokens += promptTokens + completionTokens;
    sum.requests += 1;
    this.#sums.set(key, sum);
  }

  /** Of a whole answer; of a node without a record that of all nodes. Undefined when the model is not in the trace. */
  meanMs(node: string, model: string): number | undefined {
    const sum = this.#sums.get(`${node} ${model}`) ?? this.#sums.get(model);
    return sum && sum.durationMs / sum.requests;
  }

  /**
   * How long a request takes at a node: as long as it took where it was served, times how much slower the other's tokens
   * are. A node without a record is taken to be as fast as the one that served it.
   */
  durationMs(request: TraceRequest, node: string): number {
    const ratio = this.#perToken(node, request.model) / this.#perToken(request.node, request.model);
    return Math.round(request.durationMs * (Number.isFinite(ratio) ? ratio : 1));
  }

  #perToken(node: string, model: string): number {
    const sum = this.#sums.get(`${node} ${model}`);
    return sum ? sum.durationMs / sum.tokens : Number.NaN;
  }
}
