import { InvalidInput, type InputOf, type OutputOf } from '@reeve/kernel';
import type { Hub, OfferedCapability } from '@reeve/hub';
import { bind, type BoundOperation } from '@reeve/platform';
import { listOffers, type Offer } from '../api/offers.ts';
import { modelOf } from '../domain/capability.ts';

/** `market.offers` */
export function offerOperations(hub: Hub): BoundOperation[] {
  return [bind(listOffers, async (query) => pageOfOffers([...offersOf(hub)], query))];
}

export function* offersOf(hub: Hub): Generator<Offer> {
  for (const offered of hub.offered('llm.')) {
    const served = modelOf(offered.capability.name);
    if (served) yield { ...served, ...offerOf(offered), id: `${offered.agentId}/${served.kind}/${served.model}` };
  }
}

/** A node that says nothing of tokens asks nothing for them. */
function offerOf({ capability, agentId, agentName, state, region, stakeMicroUsd, slots, leases }: OfferedCapability) {
  return {
    ...(capability.tokens ?? { priceInputMicroUsd: '0', priceOutputMicroUsd: '0' }),
    nodeId: agentId,
    node: agentName,
    state,
    maxConcurrency: slots,
    inFlight: leases,
    ...(region !== undefined && { region }),
    stakeMicroUsd,
  };
}

function pageOfOffers(offers: Offer[], query: InputOf<typeof listOffers>): OutputOf<typeof listOffers> {
  const wanted = offers.filter((offer) => isWanted(offer, query)).sort(compareOffers);
  const start = query.cursor === undefined ? 0 : placeAfter(wanted, query.cursor);
  const items = wanted.slice(start, start + query.limit);
  const last = items.at(-1);
  return start + query.limit < wanted.length && last ? { items, nextCursor: last.id } : { items };
}

/** @throws InvalidInput when the offer of the cursor has been withdrawn: what comes after it is not known then. */
function placeAfter(offers: readonly Offer[], cursor: string): number {
  const place = offers.findIndex(({ id }) => id === cursor);
  if (place !== -1) return place + 1;
  throw InvalidInput.error('the list has changed since: begin again without `cursor`', {
    issues: [{ path: ['cursor'], message: 'is an offer that is not listed any more' }],
  });
}

function isWanted(offer: Offer, query: InputOf<typeof listOffers>): boolean {
  const { maxPriceOutputMicroUsd: ceiling } = query;
  return (
    (query.model === undefined || offer.model === query.model) &&
    (query.kind === undefined || offer.kind === query.kind) &&
    (query.region === undefined || offer.region === query.region) &&
    (query.state === undefined || offer.state === query.state) &&
    (ceiling === undefined || BigInt(offer.priceOutputMicroUsd) <= BigInt(ceiling))
  );
}

function compareOffers(a: Offer, b: Offer): number {
  if (a.model !== b.model) return a.model < b.model ? -1 : 1;
  const dearer = BigInt(a.priceOutputMicroUsd) - BigInt(b.priceOutputMicroUsd);
  if (dearer !== 0n) return dearer < 0n ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
