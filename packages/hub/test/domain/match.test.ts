import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AgentOffer, Constraints, Requirement } from '../../src/api/index.ts';
import { firstMismatch, matchable, score } from '../../src/domain/match.ts';
import { requirementClass } from '../../src/domain/requirement-class.ts';
import { constraints, offers, requirements } from './arbitraries.ts';

const anyOffer: AgentOffer = {
  name: 'a',
  capabilities: [{ name: 'echo', proficiency: 0.7 }],
  slots: 2,
  priceMicroUsd: '100',
  labels: { team: 'a' },
  region: 'eu-west',
  stakeMicroUsd: '50',
};
const echo: Requirement[] = [{ name: 'echo', minProficiency: 0 }];

function mismatch(wanted: Constraints, requires = echo, offer = anyOffer) {
  return firstMismatch(matchable(offer), requirementClass(requires, wanted));
}

describe('what an offer must meet', () => {
  test('[HB-03 together] all of it at once, and nothing else: compared with the requirements read one by one', () => {
    fc.assert(
      fc.property(offers, requirements, constraints, (offer, requires, wanted) => {
        const meets = meetsEach(offer, requires, wanted);
        expect(firstMismatch(matchable(offer), requirementClass(requires, wanted)) === undefined).toBe(meets);
      }),
      { numRuns: 2_000 },
    );
  });

  test('[HB-03 proficiency] at the minimum is enough, below is not', () => {
    expect(mismatch({}, [{ name: 'echo', minProficiency: 0.7 }])).toBeUndefined();
    expect(mismatch({}, [{ name: 'echo', minProficiency: 0.70001 }])).toEqual({
      requirement: 'proficiency of echo',
      wanted: 0.70001,
      found: 0.7,
    });
  });

  test('[HB-03 price] above the ceiling fails, and tells both amounts', () => {
    const failed = { requirement: 'price at most (micro-USD)', wanted: '99', found: '100' };
    expect(mismatch({ maxPriceMicroUsd: '99' })).toEqual(failed);
  });

  test.each([
    ['of another value', 'team', 'b', 'a'],
    ['that is missing', 'gpu', 'yes', null],
    ['named like a member of every object', 'constructor', 'x', null],
  ])('[HB-03 labels] a label %s fails, and tells both values', (_, label, value, found) => {
    expect(mismatch({ labels: { [label]: value } })).toEqual({ requirement: `label ${label}`, wanted: value, found });
  });

  test('[HB-03 labels] every label that is wanted counts, and those that are not wanted do not', () => {
    const offer = { ...anyOffer, labels: { team: 'a', disk: 'fast', floor: '3' } };
    expect(mismatch({ labels: { team: 'a', disk: 'fast' } }, echo, offer)).toBeUndefined();
    for (const label of ['disk', 'floor', 'team'])
      expect(mismatch({ labels: { ...offer.labels, [label]: 'other' } }, echo, offer)).toMatchObject({
        requirement: `label ${label}`,
      });
    expect(mismatch({}, echo, offer)).toBeUndefined();
  });

  test('[HB-03 region] another region, or none, fails; any is good enough when none is wanted', () => {
    const { region: _, ...nowhere } = anyOffer;
    expect(mismatch({ region: 'us-east' })).toEqual({ requirement: 'region', wanted: 'us-east', found: 'eu-west' });
    expect(mismatch({ region: 'eu-west' }, echo, nowhere)).toMatchObject({ requirement: 'region', found: null });
    expect(mismatch({ region: 'eu-west' })).toBeUndefined();
    expect(mismatch({}, echo, nowhere)).toBeUndefined();
  });

  test('[HB-03 stake] below the minimum fails, and tells both amounts', () => {
    const failed = { requirement: 'stake at least (micro-USD)', wanted: '51', found: '50' };
    expect(mismatch({ minStakeMicroUsd: '51' })).toEqual(failed);
  });

  test('[HB-03 price stake] limits themselves are met, beyond 2^53 too', () => {
    expect(mismatch({ maxPriceMicroUsd: '100', minStakeMicroUsd: '50' })).toBeUndefined();
    const rich = { ...anyOffer, stakeMicroUsd: '900000000000000000' };
    expect(mismatch({ minStakeMicroUsd: '900000000000000001' }, echo, rich)).toMatchObject({
      found: rich.stakeMicroUsd,
    });
  });
});

describe('the score', () => {
  test('[HB-03] is between 0 and 1, whatever is compared', () => {
    fc.assert(
      fc.property(offers, requirements, constraints, fc.nat(8), (offer, requires, wanted, free) => {
        const standing = {
          offer: matchable(offer),
          slots: offer.slots,
          freeSlots: Math.min(free, offer.slots),
          figures: new Map(),
        };
        const points = score(standing, requirementClass(requires, wanted));
        expect(points).toBeGreaterThanOrEqual(0);
        expect(points).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('[HB-03 proficiency price] more proficiency, more free slots and a lower price never make it lower', () => {
    const points = (offer: Partial<AgentOffer>, freeSlots = 1) =>
      score(
        { offer: matchable({ ...anyOffer, ...offer }), slots: 2, freeSlots, figures: new Map() },
        requirementClass(echo, { maxPriceMicroUsd: '200' }),
      );
    const usual = points({});
    expect(points({ capabilities: [{ name: 'echo', proficiency: 0.8 }] })).toBeGreaterThan(usual);
    expect(points({}, 2)).toBeGreaterThan(usual);
    expect(points({ priceMicroUsd: '99' })).toBeGreaterThan(usual);
    expect(points({ priceMicroUsd: '0' })).toBeGreaterThan(points({ priceMicroUsd: '1' }));
  });

  test('[HB-03 proficiency] of several required capabilities the worst counts', () => {
    const both = requirementClass([...echo, { name: 'pdf.extract', minProficiency: 0 }], {});
    const standing = (echoAt: number, pdfAt: number) => ({
      offer: matchable({
        ...anyOffer,
        capabilities: [
          { name: 'echo', proficiency: echoAt },
          { name: 'pdf.extract', proficiency: pdfAt },
        ],
      }),
      slots: 1,
      freeSlots: 1,
      figures: new Map(),
    });
    expect(score(standing(1, 0.2), both)).toBe(score(standing(0.2, 1), both));
    expect(score(standing(1, 0.2), both)).toBeLessThan(score(standing(0.5, 0.5), both));
  });
});

function meetsEach(offer: AgentOffer, requires: Requirement[], wanted: Constraints): boolean {
  const able = requires.every(({ name, minProficiency }) =>
    offer.capabilities.some((has) => has.name === name && has.proficiency >= minProficiency),
  );
  const { maxPriceMicroUsd: ceiling, minStakeMicroUsd: floor, region, labels = {} } = wanted;
  const cheap = ceiling === undefined || BigInt(offer.priceMicroUsd) <= BigInt(ceiling);
  const staked = floor === undefined || BigInt(offer.stakeMicroUsd) >= BigInt(floor);
  const marked = Object.entries(labels).every(([label, value]) =>
    Object.entries(offer.labels).some(([has, its]) => has === label && its === value),
  );
  return able && cheap && staked && marked && (region === undefined || offer.region === region);
}
