import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LaneQueue, type Linked } from '../../src/domain/lane-queue.ts';

interface Entry extends Linked<Entry> {
  readonly number: number;
}

function entry(number: number): Entry {
  return { number, lane: undefined, previous: undefined, next: undefined };
}

const acts = fc.array(
  fc.oneof(
    fc.constant({ act: 'push' as const }),
    fc.constant({ act: 'unshift' as const }),
    fc.record({ act: fc.constant('remove' as const), at: fc.nat() }),
  ),
  { maxLength: 60 },
);

test('[HB-04 order] a lane is first in, first out, with entries leaving from anywhere: compared with an array', () => {
  fc.assert(
    fc.property(acts, (all) => {
      const lane = new LaneQueue<Entry>();
      const model: Entry[] = [];
      for (const [number, step] of all.entries()) {
        const fresh = entry(number);
        if (step.act === 'push') {
          lane.push(fresh);
          model.push(fresh);
        } else if (step.act === 'unshift') {
          lane.unshift(fresh);
          model.unshift(fresh);
        } else if (model.length > 0) {
          const [gone] = model.splice(step.at % model.length, 1);
          lane.remove(gone!);
          expect(gone!.lane).toBeUndefined();
        }
        expect([...lane].map((each) => each.number)).toEqual(model.map((each) => each.number));
        expect(lane.size).toBe(model.length);
        expect(lane.first).toBe(model[0]);
      }
    }),
  );
});

test('[HB-08 exactly-once] an entry is in one lane at most, and leaves only the lane it is in', () => {
  const [one, other] = [new LaneQueue<Entry>(), new LaneQueue<Entry>()];
  const waiting = entry(1);
  one.push(waiting);
  expect(() => other.push(waiting)).toThrow('waits in a lane already');
  expect(() => other.remove(waiting)).toThrow('not in this lane');
  expect([one.size, other.size]).toEqual([1, 0]);
});
