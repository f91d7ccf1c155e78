import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClassQueue } from '../../src/domain/class-queue.ts';
import type { LiveAgent, LiveTask } from '../../src/domain/live.ts';
import { list, nextTask } from '../../src/domain/next-task.ts';
import { requirementClass } from '../../src/domain/requirement-class.ts';
import { WaitingTable } from '../../src/domain/waiting-table.ts';
import { calm, idleAgent, waiting } from './waiting-task.ts';

const table = new WaitingTable(calm);

function queues(count: number): ClassQueue[] {
  return Array.from(
    { length: count },
    (_, index) => new ClassQueue(requirementClass([{ name: `c${index}`, minProficiency: 0 }], {}), table),
  );
}

/** An agent that qualifies for all of them. */
function agentFor(all: readonly ClassQueue[]): LiveAgent {
  const agent = idleAgent('able');
  for (const queue of all) queue.qualify(agent);
  return agent;
}

function put(queue: ClassQueue, task: LiveTask): void {
  queue.push(task);
  list(queue);
}

function take(agent: LiveAgent, all: readonly ClassQueue[]): LiveTask | undefined {
  const task = nextTask(agent, table);
  if (!task) return undefined;
  all.find((queue) => [...queue].includes(task))!.take(task);
  agent.turns.take(task.tenant, 1);
  return task;
}

function takeAll(agent: LiveAgent, all: readonly ClassQueue[]): LiveTask[] {
  const order: LiveTask[] = [];
  for (let task = take(agent, all); task; task = take(agent, all)) order.push(task);
  return order;
}

describe('what a free slot takes', () => {
  test('[HB-14 fairness] tenants first, over all classes: one with work in many gets no more turns than one in a single one', () => {
    const all = queues(30);
    const agent = agentFor(all);
    let seq = 0;
    for (const queue of all) for (let n = 0; n < 5; n++) put(queue, waiting(seq++, 0, { tenant: 'flood' }));
    for (let n = 0; n < 20; n++) put(all[17]!, waiting(seq++, 3, { tenant: 'quiet' }));
    const order = takeAll(agent, all).map(({ tenant }) => tenant);
    expect(order).toHaveLength(170);
    expect(order.slice(0, 40).filter((tenant) => tenant === 'quiet')).toHaveLength(20);
  });

  test('[HB-04 order] then, within the tenant, the first of all its classes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 30 }), (drawn) => {
        const all = queues(4);
        const agent = agentFor(all);
        const tasks = drawn.map(([priority], seq) => waiting(seq, priority));
        for (const [index, [, at]] of drawn.entries()) put(all[at]!, tasks[index]!);
        const inOrder = tasks.toSorted((a, b) => a.priority - b.priority || a.seq - b.seq);
        expect(takeAll(agent, all)).toEqual(inOrder);
      }),
    );
  });

  test('[HB-04 no-starvation] a tenant that floods what only one agent can do loses nothing where it shares another', () => {
    const [own, shared] = queues(2);
    const [ownAgent, sharedAgent] = [agentFor([own!]), agentFor([shared!])];
    const order: string[] = [];
    for (let seq = 0; seq < 200; seq++) put(own!, waiting(seq, 0, { tenant: 'flood' }));
    for (let seq = 200; seq < 220; seq++) put(shared!, waiting(seq, 0, { tenant: seq < 210 ? 'flood' : 'quiet' }));
    for (let turn = 0; turn < 20; turn++) {
      for (let n = 0; n < 10; n++) take(ownAgent, [own!]);
      order.push(take(sharedAgent, [shared!])!.tenant);
    }
    expect(order.slice(0, 10).filter((tenant) => tenant === 'flood')).toHaveLength(5);
  });

  test('[HB-04 no-starvation] agents that take one task each and go serve the tenants in turn', () => {
    const [first, second] = queues(2);
    let seq = 0;
    for (let n = 0; n < 20; n++) put(first!, waiting(seq++, 0, { tenant: 'flood' }));
    for (let n = 0; n < 10; n++) put(second!, waiting(seq++, 3, { tenant: 'quiet' }));
    const order = Array.from({ length: 20 }, () => take(agentFor([first!, second!]), [first!, second!])!.tenant);
    expect(order.filter((tenant) => tenant === 'quiet')).toHaveLength(10);
  });

  test('[HB-04 no-starvation] with more tenants and classes than are looked at, every task is taken in the end', () => {
    const all = queues(40);
    const agent = agentFor(all);
    let seq = 0;
    for (const queue of all) for (let n = 0; n < 20; n++) put(queue, waiting(seq++, 2, { tenant: `t${seq % 400}` }));
    expect(new Set(takeAll(agent, all)).size).toBe(800);
  });

  test('[HB-03] the number of a class that is gone leads nobody into the class that has it next', () => {
    const [gone] = queues(1);
    const agent = agentFor([gone!]);
    const task = waiting(1, 2);
    put(gone!, task);
    gone!.remove(task);
    gone!.disqualify(agent);
    gone!.leave();
    const [next] = queues(1);
    expect(next!.number).toBe(gone!.number);
    put(next!, waiting(2, 2));
    expect(nextTask(agent, table)).toBeUndefined();
  });

  test('[HB-03] a class found empty is looked at again as soon as something waits in it', () => {
    const all = queues(2);
    const agent = agentFor(all);
    expect(nextTask(agent, table)).toBeUndefined();
    const task = waiting(1, 2);
    put(all[1]!, task);
    expect(take(agent, all)).toBe(task);
    expect(nextTask(agent, table)).toBeUndefined();
    expect(agent.agenda).toEqual([]);
    const again = waiting(2, 2);
    put(all[1]!, again);
    expect(nextTask(agent, table)).toBe(again);
  });
});
