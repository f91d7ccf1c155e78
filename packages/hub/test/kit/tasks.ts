import type { z } from 'zod';
import type { Event, TaskSubmission } from '../../src/api/index.ts';
import type { HubUnderTest } from './start-hub.ts';

export type SubmissionInput = z.input<typeof TaskSubmission>;

/** Submits a task for `echo` and answers its id. */
export async function submit(hub: HubUnderTest, submission: Partial<SubmissionInput> = {}): Promise<string> {
  const { id } = await hub.client.tasks.create({ requires: [{ name: 'echo' }], allowUnknown: true, ...submission });
  return id;
}

/** What the log tells of a task, in order. */
export async function storyOf(hub: HubUnderTest, id: string): Promise<readonly Event[]> {
  const { items } = await hub.client.events.list({ subject: `task:${id}`, limit: 1_000 });
  return items;
}

export async function typesOf(hub: HubUnderTest, id: string): Promise<string[]> {
  return (await storyOf(hub, id)).map(({ type }) => type);
}

/** Like `typesOf`, of every task that the log speaks of, by id, with one walk through the log. */
export async function allTypes(hub: HubUnderTest): Promise<ReadonlyMap<string, readonly string[]>> {
  const types = new Map<string, string[]>();
  for (let after = 0; ;) {
    const { items, nextAfter } = await hub.client.events.list({ after, limit: 1_000 });
    for (const { subject, type } of items) {
      const [, id] = /^task:(.*)$/.exec(subject) ?? [];
      if (id !== undefined) types.set(id, [...(types.get(id) ?? []), type]);
    }
    if (nextAfter <= after) return types;
    after = nextAfter;
  }
}

const endings = ['task.succeeded', 'task.dead', 'task.cancelled', 'task.expired'];

/** The events that end the task: of a task that was never replayed there is one at most. */
export async function endingsOf(hub: HubUnderTest, id: string): Promise<string[]> {
  return (await typesOf(hub, id)).filter((type) => endings.includes(type));
}
