import type { Task } from '../../src/api/index.ts';
import type { HubUnderTest } from './start-hub.ts';

/** Waits until `look` answers something; its last answer or error is told when it takes too long. */
export async function eventually<T>(
  look: () => T | Promise<T>,
  holds: (seen: T) => boolean = Boolean,
  withinMs = 20_000,
): Promise<T> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (performance.now() > untilMs) throw new Error(`not within ${withinMs} ms; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The task when it is in that state. */
export function taskIn(hub: HubUnderTest, id: string, state: Task['state']): Promise<Task> {
  return eventually(
    () => hub.client.tasks.show({ id }),
    (task) => task.state === state,
  );
}

/** The task when it has ended. */
export async function ended(hub: HubUnderTest, id: string): Promise<Task> {
  const task = await hub.client.tasks.show({ id, waitMs: 15_000 });
  if (task.finishedAtMs === undefined) throw new Error(`task ${id} is still ${task.state}`);
  return task;
}
