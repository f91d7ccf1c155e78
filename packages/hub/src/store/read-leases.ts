import { compile, type TasksTable } from './tables.ts';

export type LeaseRow = Pick<TasksTable, 'id' | 'tenant' | 'fence' | 'agent_id' | 'requires'>;

/** The newest lease of each of some tasks. */
export function selectLeases(ids: readonly string[]) {
  return compile((db) =>
    db.selectFrom('tasks').select(['id', 'tenant', 'fence', 'agent_id', 'requires']).where('id', 'in', ids),
  );
}
