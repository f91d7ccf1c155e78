import { expect, test } from 'vitest';
import type { Task } from '@reeve/hub/api';
import type { ActOutput } from './system/act.ts';
import { AgentProcesses } from './system/agent-process.ts';
import { eventually } from './system/eventually.ts';
import { HubHome } from './system/hub-process.ts';
import { allEvents, allTasks, liveTasks } from './system/tasks.ts';

const count = 1_000;

test(
  '[HB-08 survives-kill exactly-once at-least-once] a hub killed in the middle of a thousand tasks ends all of them, once',
  { timeout: 60_000 },
  async () => {
    await using home = await HubHome.create({ settings: { HUB_LEASE_TTL_MS: '2000', HUB_HEARTBEAT_MS: '500' } });
    const hub = await home.start();
    await using agents = new AgentProcesses(home);
    await agents.start({ name: 'worker', slots: 20, capabilities: ['act'] });
    const tasks = Array.from({ length: count }, (_, number) => ({
      requires: [{ name: 'act' }],
      input: { number, runMs: number % 40 },
    }));
    const { ids } = await home.api.post<{ ids: string[] }>('/v1/tasks/batch', { tasks });

    await eventually('some are done and some are not', async () =>
      (await liveTasks(home.api)) < 600 ? true : undefined,
    );
    const { signal } = await hub.kill();
    expect(signal).toBe('SIGKILL');
    await home.start();
    const waiting = await liveTasks(home.api);
    expect(waiting, 'it was killed in the middle').toBeGreaterThan(0);
    await eventually('all are done', async () => ((await liveTasks(home.api)) === 0 ? true : undefined), {
      withinMs: 25_000,
    });

    const ended = await allTasks(home.api);
    expect(ended.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    expect(new Set(ended.map(({ state }) => state))).toEqual(new Set(['succeeded']));
    const successes = (await allEvents(home.api)).filter(({ type }) => type === 'task.succeeded');
    expect(successes.map(({ subject }) => subject).toSorted()).toEqual(ids.map((id) => `task:${id}`).toSorted());
    const ran = new Map(agents.journal().map((line) => [line.execution, line]));
    for (const id of ids) {
      const task = await home.api.get<Task>(`/v1/tasks/${id}`);
      const { execution, fence } = task.output as unknown as ActOutput;
      expect(fence, 'the result is that of the newest lease').toBe(task.fence);
      expect(ran.get(execution), 'the result is one that a handler really made').toMatchObject({ taskId: id, fence });
    }
  },
);
