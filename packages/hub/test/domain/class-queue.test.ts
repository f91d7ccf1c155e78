import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { goesBefore, priorities, type Pressure } from '../../src/domain/ageing.ts';
import { ClassQueue } from '../../src/domain/class-queue.ts';
import type { LiveTask } from '../../src/domain/live.ts';
import { requirementClass } from '../../src/domain/requirement-class.ts';
import { WaitingTable } from '../../src/domain/waiting-table.ts';
import { ageingMs, calm, waiting } from './waiting-task.ts';

const wanted = requirementClass([{ name: 'echo', minProficiency: 0 }], {});

function queued(tasks: readonly LiveTask[], pressure: Pressure = calm): ClassQueue {
  const queue = new ClassQueue(wanted, new WaitingTable(pressure));
  for (const task of tasks) queue.push(task);
  return queue;
}

/** The order in which agents get what waits. */
function served(queue: ClassQueue): LiveTask[] {
  const order: LiveTask[] = [];
  for (let task = queue.first; task; task = queue.first) {
    order.push(task);
    queue.take(task);
  }
  return order;
}

const priority = fc.nat(priorities.length - 1);
const draws = fc.array(priority, { minLength: 1, maxLength: 40 });
/** Tasks in the order in which they came, with the time that passed before each. */
const arrivals = fc.array(fc.tuple(priority, fc.integer({ min: 0, max: 2 * ageingMs })), {
  minLength: 1,
  maxLength: 40,
});

function arrived(drawn: ReadonlyArray<readonly [number, number]>): LiveTask[] {
  let sinceMs = 0;
  return drawn.map(([level, pauseMs], seq) => waiting(seq, level, { sinceMs: (sinceMs += pauseMs) }));
}

describe('within a tenant', () => {
  test('[HB-04 order] of what came at once: by priority, then oldest, down to the last', () => {
    fc.assert(
      fc.property(draws, (drawn) => {
        const tasks = drawn.map((level, seq) => waiting(seq, level));
        const inOrder = tasks.toSorted((a, b) => a.priority - b.priority || a.seq - b.seq);
        const queue = queued(tasks);
        for (const [index, task] of inOrder.entries()) expect(queue.ahead(task)).toBe(index);
        expect(served(queue)).toEqual(inOrder);
        expect(queue.size).toBe(0);
      }),
    );
  });

  test('[HB-04 ageing] a task that has waited one step longer counts one priority higher: compared with a sort', () => {
    fc.assert(
      fc.property(arrivals, (drawn) => {
        const tasks = arrived(drawn);
        const inOrder = tasks.toSorted((a, b) => effective(a) - effective(b) || a.seq - b.seq);
        expect(served(queued(tasks))).toEqual(inOrder);
      }),
    );
  });

  test('[HB-04 no-starvation] nothing that comes three steps later goes before a task, whatever its priority', () => {
    fc.assert(
      fc.property(priority, arrivals, (level, drawn) => {
        const patient = waiting(-1, level, { sinceMs: 0 });
        const order = served(queued([patient, ...arrived(drawn)]));
        for (const task of order.slice(0, order.indexOf(patient)))
          expect(task.submittedAtMs).toBeLessThanOrEqual(3 * ageingMs);
      }),
    );
  });

  test('[HB-04 raise-all] with every priority raised the order is that of nothing raised', () => {
    fc.assert(
      fc.property(arrivals, (drawn) => {
        const low = served(queued(arrived(drawn.map(([, pauseMs]) => [3, pauseMs])))).map(({ seq }) => seq);
        const critical = served(queued(arrived(drawn.map(([, pauseMs]) => [0, pauseMs])))).map(({ seq }) => seq);
        expect(critical).toEqual(low);
      }),
    );
  });

  test('[HB-04 order] a task that is given back goes first again in its lane, and never before a higher one', () => {
    const [high, older, younger] = [waiting(3, 1), waiting(1, 2), waiting(2, 2)];
    const queue = queued([older, younger, high]);
    queue.remove(older);
    queue.giveBack(older);
    expect(served(queue)).toEqual([high, older, younger]);
  });

  test('[HB-04 ageing] a task that waits for another attempt keeps its age, behind those of its lane that wait already', () => {
    const again = waiting(1, 3, { sinceMs: 0 });
    const queue = queued([waiting(2, 3, { sinceMs: 500 }), waiting(3, 0, { sinceMs: 3_600 })]);
    queue.push(again);
    expect(queue.ahead(again)).toBe(1);
    expect(served(queue).map(({ seq }) => seq)).toEqual([2, 1, 3]);
  });

  test('[HB-04 order] goes before is a strict order', () => {
    fc.assert(
      fc.property(draws, draws, ([a = 0], [b = 0]) => {
        expect(goesBefore(waiting(1, a), waiting(2, b), calm)).toBe(a <= b);
        expect(goesBefore(waiting(2, b), waiting(1, a), calm)).toBe(b < a);
      }),
    );
  });
});

describe('under load', () => {
  const pressure = { lowDeferralMs: 9 * ageingMs };

  test('[HB-04 defer] low work that has aged waits for the other work of its tenant all the same', () => {
    const [low, medium] = [waiting(1, 3, { sinceMs: 0 }), waiting(2, 2, { sinceMs: 4 * ageingMs })];
    expect(served(queued([low, medium]))).toEqual([low, medium]);
    expect(served(queued([low, medium], pressure))).toEqual([medium, low]);
  });

  test('[HB-04 no-starvation] it waits for so long only: nothing that comes twelve steps later goes before it', () => {
    const [low, later] = [waiting(1, 3, { sinceMs: 0 }), waiting(2, 0, { sinceMs: 12 * ageingMs + 1 })];
    expect(served(queued([low, later], pressure))).toEqual([low, later]);
  });

  test('[HB-04 defer] one with nothing but low work keeps its turns', () => {
    const tasks = [waiting(1, 3, { tenant: 'a' }), waiting(2, 0, { tenant: 'b' }), waiting(3, 0, { tenant: 'b' })];
    expect(served(queued(tasks, pressure)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });
});

describe('between tenants', () => {
  test('[HB-14 fairness] tenants take turns, however much and however critical one of them has', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), (many, few) => {
        const flood = Array.from({ length: many }, (_, seq) => waiting(seq, 0, { tenant: 'flood' }));
        const quiet = Array.from({ length: few }, (_, seq) => waiting(1_000 + seq, 3, { tenant: 'quiet' }));
        const order = served(queued([...flood, ...quiet])).map(({ tenant }) => tenant);
        const both = 2 * Math.min(many, few);
        for (const [index, tenant] of order.slice(0, both).entries())
          expect(tenant).toBe(index % 2 === 0 ? 'flood' : 'quiet');
      }),
    );
  });
});

/** The rule in words: one step of priority for each `ageingMs` waited. */
function effective(task: LiveTask): number {
  return task.submittedAtMs + task.priority * ageingMs; // whole numbers: a tie is a tie
}
