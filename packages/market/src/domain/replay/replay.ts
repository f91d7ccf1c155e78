import { tokenCostPicoUsd } from '@reeve/kernel';
import type { TraceOffer } from '../../api/trace-file.ts';
import type { TraceRequest } from '../../api/trace.ts';
import type { TokenPrice } from '../receipts/dispute.ts';
import { fleetOf, RecordedSpeeds, type ReplayNode } from './fleet.ts';
import { reportOf, type ReplayReport } from './replay-report.ts';

/** Chooses among nodes that serve the model and have a free slot; there is at least one. */
export type Choose = (nodes: readonly ReplayNode[], model: string, speeds: RecordedSpeeds) => ReplayNode;

export interface ReplayOptions {
  /** In the order of arrival. */
  readonly requests: readonly TraceRequest[];
  readonly offers: readonly TraceOffer[];
  readonly choose: Choose;
  /** A request that waits for longer is lost. */
  readonly maxWaitMs: number;
  readonly repricing?: ReplayRepricing;
}

/** One node finds its prices anew every so often. */
export interface ReplayRepricing {
  readonly node: string;
  readonly everyMs: number;
  /** The next price of a model. @param busyMs of all slots since the last time */
  next(model: string, fleet: ReadonlyMap<string, ReplayNode>, busyMs: number, atMs: number): TokenPrice;
}

/** Runs recorded traffic through the nodes of a trace, event by event; the same input gives the same report. */
export function replay(options: ReplayOptions): ReplayReport {
  return new Replay(options).run();
}

interface Running {
  readonly endsAtMs: number;
  readonly beganAtMs: number;
  readonly node: ReplayNode;
}

class Replay {
  readonly #options: ReplayOptions;
  readonly #fleet: Map<string, ReplayNode>;
  readonly #speeds: RecordedSpeeds;
  readonly #serving = new Map<string, ReplayNode[]>();
  /** In the order of their ends. */
  readonly #running: Running[] = [];
  readonly #waiting: TraceRequest[] = [];
  #waitedMs = 0;
  #lost = 0;
  #repricings = 0;
  #countedBusyMs = 0;
  #endedAtMs = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#fleet = fleetOf(options.offers);
    this.#speeds = new RecordedSpeeds(options.requests);
    for (const node of this.#fleet.values())
      for (const model of node.prices.keys()) this.#serving.set(model, [...(this.#serving.get(model) ?? []), node]);
  }

  run(): ReplayReport {
    const { requests, repricing } = this.#options;
    const beganAtMs = requests[0]?.arrivedAtMs ?? 0;
    let repricesAtMs = repricing ? beganAtMs + repricing.everyMs : Infinity;
    for (const request of requests) {
      while (repricesAtMs <= request.arrivedAtMs) {
        this.#endUntil(repricesAtMs);
        this.#reprice(repricing!, repricesAtMs);
        repricesAtMs += repricing!.everyMs;
      }
      this.#endUntil(request.arrivedAtMs);
      if (!this.#begin(request, request.arrivedAtMs)) this.#waiting.push(request);
    }
    this.#endUntil(Infinity);
    this.#lost += this.#waiting.length;
    const { served, waitedMs } = { served: requests.length - this.#lost, waitedMs: this.#waitedMs };
    const times = { beganAtMs, endedAtMs: Math.max(beganAtMs, this.#endedAtMs) };
    return reportOf([...this.#fleet.values()], { ...times, served, lost: this.#lost, waitedMs }, this.#repricings);
  }

  /** Ends what ends by then; each slot that gets free is given on at once. */
  #endUntil(atMs: number): void {
    for (let ended = this.#running[0]; ended && ended.endsAtMs <= atMs; ended = this.#running[0]) {
      this.#running.shift();
      ended.node.free += 1;
      ended.node.busyMs += ended.endsAtMs - ended.beganAtMs;
      this.#endedAtMs = ended.endsAtMs;
      this.#giveOn(ended.endsAtMs);
    }
  }

  #giveOn(nowMs: number): void {
    for (let at = 0; at < this.#waiting.length;) {
      const request = this.#waiting[at]!;
      const isLate = nowMs - request.arrivedAtMs > this.#options.maxWaitMs;
      if (!isLate && !this.#begin(request, nowMs)) {
        at += 1;
        continue;
      }
      this.#waiting.splice(at, 1);
      if (isLate) this.#lost += 1;
      else return; // one slot was free
    }
  }

  #begin(request: TraceRequest, nowMs: number): boolean {
    const free = (this.#serving.get(request.model) ?? []).filter((node) => node.free > 0);
    if (free.length === 0) return false;
    const node = this.#options.choose(free, request.model, this.#speeds);
    const price = node.prices.get(request.model)!;
    node.free -= 1;
    node.served += 1;
    node.picoUsd +=
      tokenCostPicoUsd(BigInt(request.promptTokens), price.inputMicroUsd) +
      tokenCostPicoUsd(BigInt(request.completionTokens), price.outputMicroUsd);
    this.#waitedMs += nowMs - request.arrivedAtMs;
    const running = { node, beganAtMs: nowMs, endsAtMs: nowMs + this.#speeds.durationMs(request, node.name) };
    const place = this.#running.findLastIndex(({ endsAtMs }) => endsAtMs <= running.endsAtMs);
    this.#running.splice(place + 1, 0, running);
    return true;
  }

  #reprice({ node: name, next }: ReplayRepricing, atMs: number): void {
    const node = this.#fleet.get(name)!;
    const busyMs = this.#busyMsUntil(node, atMs);
    for (const [model, price] of node.prices) {
      const changed = next(model, this.#fleet, busyMs - this.#countedBusyMs, atMs);
      if (changed.inputMicroUsd === price.inputMicroUsd && changed.outputMicroUsd === price.outputMicroUsd) continue;
      node.prices.set(model, changed);
      this.#repricings += 1;
    }
    this.#countedBusyMs = busyMs;
  }

  #busyMsUntil(node: ReplayNode, atMs: number): number {
    let busyMs = node.busyMs;
    for (const running of this.#running) if (running.node === node) busyMs += atMs - running.beganAtMs;
    return busyMs;
  }
}
