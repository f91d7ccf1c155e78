import type { ReeveError } from '@reeve/kernel';
import { expect, test } from 'vitest';
import { TaskSubmission } from '../../src/api/index.ts';
import type { AttachedTask } from '../../src/services/attached-tasks.ts';
import { rawAgent } from '../kit/agents.ts';
import type { RawAgent } from '../kit/raw-agent.ts';
import { startHub, type HubUnderTest } from '../kit/start-hub.ts';
import { submit } from '../kit/tasks.ts';
import { ended } from '../kit/waiting.ts';

const breaker = { failures: 1_000, initialPauseMs: 100, maxPauseMs: 1_000 };

function attach(hub: HubUnderTest): AttachedTask {
  const submission = TaskSubmission.parse({ requires: [{ name: 'echo' }] });
  const { signal } = new AbortController();
  const attached = hub.hub.attach({ tenant: 'acme', submission, onChunks: () => {}, signal, durability: 'sync' });
  attached.output.catch(() => {}); // looked at where a test is about it
  return attached;
}

async function failAll(agent: RawAgent): Promise<never> {
  for (;;) agent.fail(await agent.next('lease'), { code: 'broken', retryable: true });
}

test('[MK-03 retry-budget] when most of a fleet fails, only so much is tried again, and explain says so', async () => {
  const retryBudget = { share: 0.2, perSecond: 0 };
  const hub = await startHub({ settings: { breaker, retryBudget } });
  for (const name of ['one', 'other']) failAll(await rawAgent(hub, { name, slots: 100 })).catch(() => {});
  const attached = Array.from({ length: 20 }, () => attach(hub));
  const errors = await Promise.all(
    attached.map(({ output }) => output.then(String, (error: unknown) => error as ReeveError)),
  );
  const details = errors.map((error) => (error as ReeveError).details);
  for (const detail of details) expect(detail).toMatchObject({ code: 'broken' });
  expect(await hub.metric('reeve_hub_attempts_failed_total')).toBe(24);
  expect(await hub.metric('reeve_hub_retries_total', 'outcome="allowed"')).toBe(4);
  const refused = details.findIndex((detail) => detail?.['notRetried'] === 'retry_budget');
  const { summary } = await hub.client.tasks.explain({ id: attached[refused]!.taskId });
  expect(summary).toMatch(/^It failed for good after \d of 3 attempts: .* echo .* retry budget was used up/);
});

test('[MK-03 retry-budget] what a vanished agent had goes to another all the same, and tasks of the queue are not bound', async () => {
  const hub = await startHub({ settings: { breaker, retryBudget: { share: 0, perSecond: 0 } } });
  const vanishing = await rawAgent(hub, { name: 'vanishing' });
  const attached = attach(hub);
  const { taskId } = await vanishing.next('lease');
  const other = await rawAgent(hub, { name: 'other' });
  vanishing.vanish();
  await rawAgent(hub, { name: 'vanishing', slots: 1, capabilities: [{ name: 'else' }] });
  const lease = await other.next('lease');
  expect(lease.taskId).toBe(taskId);
  other.succeed(lease, 'saved');
  expect(await attached.output).toBe('"saved"');

  const id = await submit(hub, { maxAttempts: 2, backoff: { initialDelayMs: 0 } });
  other.fail(await other.next('lease'), { code: 'broken', retryable: true });
  other.succeed(await other.next('lease'), 'again');
  expect(await ended(hub, id)).toMatchObject({ output: 'again', attempt: 2 });
});
