import type { Operation } from '@reeve/kernel';
import { beforeAll, describe, expect, test } from 'vitest';
import * as api from '../../src/api/index.ts';
import { sharedHub } from '../kit/start-hub.ts';

const hub = sharedHub();
const requires = [{ name: 'test.listed' }];
const task = { requires, allowUnknown: true };
const lists = [api.listAgents, api.listTasks, api.listWorkflows, api.listMaps, api.listBlobs] as const;
const fewItems = 3;
const manyItems = 60;

/** As many agents, workflows, maps and blobs, and at least as many tasks. */
async function addEach(from: number, to: number): Promise<void> {
  const { client } = hub();
  for (let number = from; number < to; number++) {
    await client.agents.register({ name: `listed-${number}`, capabilities: requires });
    await client.tasks.create(task);
    await client.workflows.create({ nodes: [{ name: 'only', task }] });
    await client.tasks.map({ requires, items: [number], allowUnknown: true });
    await client.blobs.put(`content ${number}`);
  }
}

interface Page {
  readonly items: ReadonlyArray<{ readonly id?: string; readonly digest?: string }>;
  readonly nextCursor?: string;
}

async function page(operation: Operation, query: { limit: number; cursor?: string | undefined }): Promise<Page> {
  return (await hub().client.invoke(operation, query)) as Page;
}

async function walk(operation: Operation, limit: number): Promise<Array<string | undefined>> {
  const names: Array<string | undefined> = [];
  let cursor: string | undefined;
  do {
    const { items, nextCursor } = await page(operation, { limit, cursor });
    expect(items.length).toBeLessThanOrEqual(limit);
    names.push(...items.map(({ id, digest }) => id ?? digest));
    cursor = nextCursor;
  } while (cursor !== undefined);
  return names;
}

/** How often the database is asked for one page. */
async function queriesFor(operation: Operation, limit: number): Promise<number> {
  const before = hub().database.status().reads;
  expect((await page(operation, { limit })).items).toHaveLength(limit);
  return hub().database.status().reads - before;
}

describe.each(lists.map((operation) => [operation.name, operation] as const))('%s', (_, operation) => {
  beforeAll(async () => {
    if ((await page(api.listBlobs, { limit: 1 })).items.length === 0) await addEach(0, manyItems);
  });

  test('[HB-15 pagination] [FD-06 pagination] gives everything once, whatever the size of a page', async () => {
    const whole = await walk(operation, 500);
    expect(whole.length).toBeGreaterThanOrEqual(manyItems);
    expect(new Set(whole).size).toBe(whole.length);
    expect(await walk(operation, 7)).toEqual(whole);
  });

  test('[HB-15 pagination] refuses pages that are too large, and a cursor that is none', async () => {
    await expect(page(operation, { limit: 501 })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(page(operation, { limit: 1, cursor: 'no cursor' })).rejects.toMatchObject({ status: 400 });
  });

  test('[FD-06 query-counts] asks the database as often for many as for few', async () => {
    const forFew = await queriesFor(operation, fewItems);
    expect(forFew).toBeLessThanOrEqual(2);
    expect(await queriesFor(operation, manyItems)).toBe(forFew);
  });
});
