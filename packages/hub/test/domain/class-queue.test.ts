import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ClassQueue, goesBefore, priorities } from '../../src/domain/class-queue.ts';
import type { LiveTask } from '../../src/domain/live.ts';
import { requirementClass } from '../../src/domain/requirement-class.ts';

const wanted = requirementClass([{ name: 'echo', minProficiency: 0 }], {});

/** What of a task its queue looks at. */
function waiting(seq: number, priority: number): LiveTask {
  const task = { seq, priority, submittedAtMs: seq, lane: undefined, previous: undefined, next: undefined };
  return task as unknown as LiveTask;
}

const draws = fc.array(fc.nat(priorities.length - 1), { minLength: 1, maxLength: 40 });

test('[HB-04 order] the first is always the oldest of the highest priority, down to the last', () => {
  fc.assert(
    fc.property(draws, (drawn) => {
      const queue = new ClassQueue(wanted);
      const tasks = drawn.map((priority, seq) => waiting(seq, priority));
      for (const task of tasks) queue.push(task);
      const inOrder = tasks.toSorted((a, b) => a.priority - b.priority || a.seq - b.seq);
      expect([...queue]).toEqual(inOrder);
      for (const [index, task] of inOrder.entries()) expect(queue.ahead(task)).toBe(index);
      for (const [index, task] of inOrder.entries()) {
        expect(queue.first).toBe(task);
        expect(queue.size).toBe(inOrder.length - index);
        queue.remove(task);
      }
      expect(queue.first).toBeUndefined();
    }),
  );
});

test('[HB-04 order] a task that is given back goes first again in its lane, and never before a higher one', () => {
  const queue = new ClassQueue(wanted);
  const [high, older, younger] = [waiting(3, 1), waiting(1, 2), waiting(2, 2)];
  for (const task of [older, younger, high]) queue.push(task);
  queue.remove(older);
  queue.giveBack(older);
  expect([...queue]).toEqual([high, older, younger]);
});

test('[HB-04 order] between classes: by priority, then by age', () => {
  fc.assert(
    fc.property(draws, draws, ([a = 0], [b = 0]) => {
      expect(goesBefore(waiting(1, a), waiting(2, b))).toBe(a <= b);
      expect(goesBefore(waiting(2, b), waiting(1, a))).toBe(b < a);
    }),
  );
});
