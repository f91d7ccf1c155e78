import { billableMicroUsd, type Clock } from '@reeve/kernel';
import type { Logger } from '@reeve/platform';
import type { PricingModel } from '../api/pricing.ts';
import { outOfBand, type LiveFigures } from '../domain/pricing/live-band.ts';
import { floorOf } from '../domain/pricing/margin.ts';
import { pricingModels } from '../domain/pricing/models.ts';
import { recentPoints, reprice, type PricePoint, type Repricing } from '../domain/pricing/reprice.ts';
import type { MarketSnapshot, Utilisation } from '../domain/pricing/snapshot.ts';
import type { TokenPrice } from '../domain/receipts/dispute.ts';
import type { LiveLoad } from './live-load.ts';
import type { PriceBook } from './price-book.ts';

const hourMs = 3_600_000;

/** One model of the node, whose price is found. */
export interface PricedModel {
  readonly capability: string;
  readonly name: string;
  /** What the owner asks for it: where prices begin, and go back to. */
  readonly ownPrice: TokenPrice;
  readonly cost: TokenPrice;
}

/** What a replay promised, and how far from it the node may get. */
export interface PredictionBand {
  readonly predicted: LiveFigures;
  /** Digest of the prediction. */
  readonly prediction: string;
  readonly bandPercent: number;
  /** So long is watched before it is judged, again and again. */
  readonly windowMs: number;
}

export interface AutoPricingParts {
  readonly model: PricingModel;
  readonly slots: number;
  readonly book: PriceBook;
  readonly load: LiveLoad;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly log: Logger;
  /** Absent when the owner insisted on going live without a replay. */
  readonly band?: PredictionBand;
  /** What others ask for a model now. */
  others(model: string, signal: AbortSignal): Promise<readonly TokenPrice[]>;
  /** Offers a price from now on. */
  ask(capability: string, price: TokenPrice): void;
}

interface Mark {
  readonly atMs: number;
  readonly busyMs: number;
  readonly picoUsd: bigint;
}

/**
 * Finds the prices of a node's models anew, each time it is asked to; every change is durable before it is offered, and is
 * logged with its reasons. When what the node takes in, or how busy it is, leaves what a replay predicted, it goes back to
 * the owner's prices, within the same bounds, and stays there: also after a restart.
 */
export class AutoPricing {
  readonly #parts: AutoPricingParts;
  readonly #histories = new Map<string, readonly PricePoint[]>();
  #rolledBack: string | undefined;
  /** Since the last round, and since the window began. */
  #round: Mark;
  #window: Mark;

  private constructor(parts: AutoPricingParts) {
    this.#parts = parts;
    this.#round = this.#window = this.#mark();
  }

  /** Takes up where the last process left off. */
  static async open(parts: AutoPricingParts): Promise<AutoPricing> {
    const pricing = new AutoPricing(parts);
    pricing.#rolledBack = parts.band && (await parts.book.rolledBack(parts.band.prediction));
    if (pricing.#rolledBack !== undefined)
      parts.log.warn(
        { reason: pricing.#rolledBack },
        'this prediction did not hold before: the prices stay as they were',
      );
    return pricing;
  }

  /** Asks what was asked last, or the owner's price, raised to the floor; to be called before anything is offered. */
  async begin(models: readonly PricedModel[]): Promise<void> {
    for (const { capability, ownPrice, cost } of models) {
      const known = await this.#parts.book.history(capability);
      const first = { atMs: this.#parts.clock.nowMs(), price: notBelow(ownPrice, floorOf(cost)) };
      if (known.length === 0) await this.#parts.book.add(capability, first);
      this.#histories.set(capability, known.length === 0 ? [first] : known);
      this.#parts.ask(capability, this.#histories.get(capability)!.at(-1)!.price);
    }
  }

  async round(models: readonly PricedModel[], signal: AbortSignal): Promise<void> {
    const utilisation = this.#utilisation();
    await this.#judge();
    for (const model of models) {
      if (!this.#histories.has(model.capability)) await this.begin([model]); // the backend has it since
      await this.#price(model, utilisation, signal);
    }
  }

  async #price({ capability, name, ownPrice, cost }: PricedModel, utilisation: Utilisation, signal: AbortSignal) {
    const { book, clock, model, others } = this.#parts;
    const history = this.#histories.get(capability)!;
    const own = history.at(-1)!.price;
    const isLive = this.#rolledBack === undefined;
    const seen = { own, others: isLive && model === 'median' ? await others(name, signal) : [], utilisation, cost };
    const wanted = isLive ? pricingModels[model](seen) : ownPrice;
    // A clock that was set back must not write a point before the last one.
    const atMs = Math.max(clock.nowMs(), history.at(-1)!.atMs + 1);
    const next = reprice(wanted, cost, history, atMs);
    if (!next.changed) return;
    const point = { atMs, price: next.price };
    await book.add(capability, point);
    this.#histories.set(capability, [...recentPoints(history, atMs), point]);
    this.#parts.ask(capability, next.price);
    this.#tell(name, own, next, seen);
  }

  #tell(model: string, from: TokenPrice, { price, wanted, bounds }: Repricing, seen: MarketSnapshot): void {
    const pricing = this.#rolledBack === undefined ? this.#parts.model : 'rolled back';
    const prices = { from: shown(from), to: shown(price), wanted: shown(wanted), cost: shown(seen.cost) };
    const utilisation = seen.utilisation.busy / seen.utilisation.of;
    const why = { bounds, utilisation, others: seen.others.length };
    this.#parts.log.info({ model, pricing, ...prices, ...why }, 'the price has changed');
  }

  /** Holds what the node took in against the prediction, once a window is over. */
  async #judge(): Promise<void> {
    const { band, clock, book, log } = this.#parts;
    const now = this.#mark();
    const lastedMs = now.atMs - this.#window.atMs;
    if (band === undefined || this.#rolledBack !== undefined || lastedMs < band.windowMs) return;
    const earned = billableMicroUsd(now.picoUsd - this.#window.picoUsd);
    const live = {
      revenuePerHourMicroUsd: (earned * BigInt(hourMs)) / BigInt(Math.round(lastedMs)),
      utilisation: (now.busyMs - this.#window.busyMs) / (lastedMs * this.#parts.slots),
    };
    this.#window = now;
    const reason = outOfBand(band.predicted, live, band.bandPercent);
    if (reason === undefined) return;
    await book.rollBack(band.prediction, reason, clock.nowMs());
    this.#rolledBack = reason;
    log.warn({ reason, bandPercent: band.bandPercent }, 'the prediction does not hold: the prices go back');
  }

  #utilisation(): Utilisation {
    const [before, now] = [this.#round, this.#mark()];
    this.#round = now;
    const lastedMs = Math.max(1, Math.round(now.atMs - before.atMs));
    const of = lastedMs * this.#parts.slots;
    return { busy: Math.min(of, now.busyMs - before.busyMs), of };
  }

  #mark(): Mark {
    return { atMs: this.#parts.clock.monotonicMs(), ...this.#parts.load.totals() };
  }
}

function notBelow(price: TokenPrice, floor: TokenPrice): TokenPrice {
  return {
    inputMicroUsd: price.inputMicroUsd < floor.inputMicroUsd ? floor.inputMicroUsd : price.inputMicroUsd,
    outputMicroUsd: price.outputMicroUsd < floor.outputMicroUsd ? floor.outputMicroUsd : price.outputMicroUsd,
  };
}

function shown({ inputMicroUsd, outputMicroUsd }: TokenPrice): string {
  return `${inputMicroUsd}/${outputMicroUsd}`;
}
