import { expect, test } from 'vitest';
import { listAudit } from '../../src/audit/index.ts';
import { createLogger } from '../../src/log/index.ts';
import { createMetrics } from '../../src/metrics/index.ts';
import { createRoadMetrics } from '../../src/operations/metrics.ts';
import { RefusalJournal } from '../../src/operations/refusal-journal.ts';
import { startGround, type Ground } from '../http/start-server.ts';

const draft = (code: string) =>
  ({
    actor: 'key:a',
    tenant: 'acme',
    operation: 'notes.create',
    outcome: 'refused',
    target: null,
    correlationId: 'c',
    details: { code },
  }) as const;

function journalOn({ database, clock }: Ground) {
  const metrics = createMetrics({ defaultMetrics: false });
  const log = createLogger({ destination: { write: () => undefined } });
  return { journal: new RefusalJournal({ database, clock, log, metrics: createRoadMetrics(metrics) }), metrics };
}

test('of one caller and error 60 a minute have a record each, the rest one together; a new minute begins anew', async () => {
  await using ground = await startGround();
  const { journal, metrics } = journalOn(ground);
  for (let count = 0; count < 1_000; count++) journal.record(draft('forbidden'), 'a', true);
  journal.record(draft('invalid_input'), 'b', true);
  await journal.flush(false);
  expect((await listAudit(ground.database, { limit: 500 })).items.length).toBe(61);
  ground.clock.advance(60_000);
  await journal.flush(false);
  const { items } = await listAudit(ground.database, { limit: 500 });
  expect(items.length).toBe(62);
  expect(items[0]!.details).toEqual({ code: 'forbidden', omitted: 940, kind: 'a' });
  expect(await metrics.render()).toMatch(/reeve_requests_refusals_unrecorded_total 940/);
  journal.record(draft('forbidden'), 'a', true);
  await journal.flush(false);
  expect((await listAudit(ground.database, { limit: 500 })).items.length).toBe(63);
});

test('however many kinds there are, the journal and what it writes stay bounded', async () => {
  await using ground = await startGround();
  const { journal } = journalOn(ground);
  for (let kind = 0; kind < 5_000; kind++) journal.record(draft('forbidden'), `kind ${kind}`, true);
  await journal.flush();
  const { items } = await listAudit(ground.database, { limit: 2_000 });
  expect(items.length).toBe(1_000 + 60 + 1);
  expect(items.find(({ details }) => details['kind'] === 'others')!.details['omitted']).toBe(4_000 - 60);
});
