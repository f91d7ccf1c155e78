import { expect, test } from 'vitest';
import { startBackendSimulator, type Behaviour } from '../../../../tests/simulators/openai-backend.ts';
import { goesOn } from '../../src/node/continuation-probe.ts';
import { createOpenAiBackend } from '../../src/node/index.ts';

async function probed(behaviour: Partial<Behaviour>): Promise<boolean> {
  await using simulator = await startBackendSimulator({ behaviour });
  await using backend = createOpenAiBackend({ url: simulator.url });
  return await goesOn(backend, 'sim-small', AbortSignal.timeout(10_000));
}

test('[LD-07 replay] a backend goes on with an answer when it says the same rest, and not when it begins anew', async () => {
  expect(await probed({ continues: true })).toBe(true);
  expect(await probed({ continues: false })).toBe(false);
  expect(await probed({ continues: true, content: 'word' }), 'nothing to tell it by').toBe(false);
});
