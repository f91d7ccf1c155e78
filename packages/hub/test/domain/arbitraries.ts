import fc from 'fast-check';
import type { AgentOffer, Constraints, Requirement } from '../../src/api/index.ts';

// Few values each, so that what is drawn independently often agrees.
const capability = fc.constantFrom('echo', 'pdf.extract', 'llm.chat:mini');
const proficiency = fc.constantFrom(0, 0.25, 0.5, 1);
const labels = fc.dictionary(fc.constantFrom('team', 'gpu', 'constructor'), fc.constantFrom('a', 'b'), { maxKeys: 3 });
const region = fc.constantFrom('eu-west', 'us-east');
const amount = fc.constantFrom('0', '5', '05', '999999999999999999');

export const requirements: fc.Arbitrary<Requirement[]> = fc.uniqueArray(
  fc.record({ name: capability, minProficiency: proficiency }),
  { minLength: 1, maxLength: 3, selector: ({ name }) => name },
);

export const constraints: fc.Arbitrary<Constraints> = fc.record(
  { maxPriceMicroUsd: amount, labels, region, minStakeMicroUsd: amount },
  { requiredKeys: [] },
);

export const offers: fc.Arbitrary<AgentOffer> = fc
  .record({
    name: fc.constant('an agent'),
    capabilities: fc.uniqueArray(fc.record({ name: capability, proficiency }), {
      minLength: 1,
      maxLength: 3,
      selector: ({ name }) => name,
    }),
    slots: fc.integer({ min: 1, max: 8 }),
    priceMicroUsd: amount,
    labels,
    region: fc.option(region, { nil: undefined }),
    stakeMicroUsd: amount,
  })
  .map(({ region: where, ...rest }) => (where === undefined ? rest : { ...rest, region: where }));
