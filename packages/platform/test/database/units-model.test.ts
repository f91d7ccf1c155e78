import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Unit, UnitStatement } from '../../src/database/index.ts';
import { readEvents } from '../../src/events/index.ts';
import { conformance, noteEvent, noteInsert, openTemporary } from './temporary-database.ts';

// Random units against a model that does them one after the other in plain memory: the same units succeed, the same rows
// are left, and the log holds the events of exactly those units in order.

type Step =
  | { readonly kind: 'insert'; readonly id: string; readonly amount: number }
  | { readonly kind: 'add'; readonly id: string; readonly by: number }
  | { readonly kind: 'remove'; readonly id: string };

const id = fc.constantFrom('a', 'b', 'c', 'd');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), id, amount: fc.nat(3) }),
  fc.record({ kind: fc.constant('add' as const), id, by: fc.integer({ min: -3, max: 3 }) }),
  fc.record({ kind: fc.constant('remove' as const), id }),
);
const units = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 40 });

test(
  `[HB-08] ${conformance} units in groups do what they would do one after the other`,
  { timeout: 60_000 },
  async () => {
    const db = await openTemporary({ limits: { groupUnits: 7 } });
    await fc.assert(
      fc.asyncProperty(units, async (steps) => {
        await db.commit({ statements: [{ sql: 'DELETE FROM notes', params: [] }] });
        const after = db.status().newestPosition;
        const notes = new Map<string, number>();
        const expected = steps.map((unit) => applyWhole(notes, unit));
        const results = await Promise.allSettled(steps.map((unit, index) => db.commit(toUnit(unit, index))));
        expect(results.map(({ status }) => status === 'fulfilled')).toEqual(expected);
        const rows = await db.read<{ id: string; amount: number }>({ sql: 'SELECT id, amount FROM notes', params: [] });
        expect(new Map(rows.map((row) => [row.id, row.amount]))).toEqual(notes);
        const { events } = await readEvents(db, { after, limit: 1_000 });
        const kept = expected.flatMap((succeeded, index) => (succeeded ? [`note:${index}`] : []));
        expect(events.map(({ subject }) => subject)).toEqual(kept);
      }),
      { numRuns: 200 },
    );
  },
);

/** Applies all steps to the notes, or none of them. */
function applyWhole(notes: Map<string, number>, steps: readonly Step[]): boolean {
  const next = new Map(notes);
  if (!steps.every((each) => applyStep(next, each))) return false;
  notes.clear();
  for (const [note, amount] of next) notes.set(note, amount);
  return true;
}

function applyStep(notes: Map<string, number>, each: Step): boolean {
  const amount = notes.get(each.id);
  switch (each.kind) {
    case 'insert':
      if (amount !== undefined) return false;
      notes.set(each.id, each.amount);
      return true;
    case 'add':
      if (amount === undefined || amount + each.by < 0) return false;
      notes.set(each.id, amount + each.by);
      return true;
    case 'remove':
      return notes.delete(each.id);
  }
}

function toUnit(steps: readonly Step[], index: number): Unit {
  return { statements: steps.map(toStatement), events: [noteEvent(String(index))] };
}

function toStatement(each: Step): UnitStatement {
  switch (each.kind) {
    case 'insert':
      return noteInsert(each.id, { amount: each.amount });
    case 'add':
      return { sql: 'UPDATE notes SET amount = amount + ? WHERE id = ?', params: [each.by, each.id], expectRows: 1 };
    case 'remove':
      return { sql: 'DELETE FROM notes WHERE id = ? RETURNING id', params: [each.id], expectRows: 1 };
  }
}
