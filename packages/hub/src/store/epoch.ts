import { statement } from './tables.ts';

/** Counts a start of the hub and returns its number, durably: the upper part of every fence it will give. */
export const nextEpoch = statement((db) =>
  db
    .insertInto('hub_state')
    .values({ name: 'epoch', value: 1 })
    .onConflict((conflict) => conflict.column('name').doUpdateSet((set) => ({ value: set('hub_state.value', '+', 1) })))
    .returning('value'),
);
