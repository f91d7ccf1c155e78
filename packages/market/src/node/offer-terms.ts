import type { TokenOffer } from '@reeve/hub/api';

/** Micro-USD per million tokens, in decimal digits. */
export interface TokenPrices {
  readonly inputMicroUsd: string;
  readonly outputMicroUsd: string;
}

/** What the owner of a node asks for its models. */
export interface OfferTerms {
  /** For models that `prices` does not name; nothing when not given. */
  readonly price?: TokenPrices;
  /** By the name a model is served under. */
  readonly prices?: Readonly<Record<string, TokenPrices>>;
  /** For models whose backend does not say how much they hold. */
  readonly contextTokens?: number;
  /** Which weights a model has, by its name: nodes of one digest go on with answers of one another. */
  readonly digests?: Readonly<Record<string, string>>;
  /** Conditions in words, or where they can be read. */
  readonly terms?: string;
}

const free: TokenPrices = { inputMicroUsd: '0', outputMicroUsd: '0' };

/** What the owner's terms say of a model's price. */
export function priceOf(model: string, { prices, price = free }: OfferTerms): TokenPrices {
  return (prices && Object.hasOwn(prices, model) ? prices[model] : undefined) ?? price;
}

/**
 * The offer for one model, before it has been measured.
 * @param asked goes before the price of the terms
 */
export function tokenOffer(
  model: { name: string; contextTokens?: number },
  offered: OfferTerms,
  asked?: TokenPrices,
): TokenOffer {
  const { inputMicroUsd, outputMicroUsd } = asked ?? priceOf(model.name, offered);
  const contextTokens = model.contextTokens ?? offered.contextTokens;
  const { digests } = offered;
  const digest = digests && Object.hasOwn(digests, model.name) ? digests[model.name] : undefined;
  return {
    priceInputMicroUsd: inputMicroUsd,
    priceOutputMicroUsd: outputMicroUsd,
    ...(contextTokens !== undefined && { contextTokens }),
    ...(digest !== undefined && { digest }),
    ...(offered.terms !== undefined && { terms: offered.terms }),
  };
}
