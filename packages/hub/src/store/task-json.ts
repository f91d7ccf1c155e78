import type { Backoff, Constraints, Requirement, TaskError } from '../api/task.ts';
import type { TasksTable } from './tables.ts';

// What we wrote ourselves as JSON is read back as what it was; it was checked before it was stored.

export function requiresOf(row: Pick<TasksTable, 'requires'>): Requirement[] {
  return JSON.parse(row.requires) as Requirement[];
}

export function constraintsOf(row: Pick<TasksTable, 'constraints'>): Constraints {
  return JSON.parse(row.constraints) as Constraints;
}

export function labelsOf(row: Pick<TasksTable, 'labels'>): Record<string, string> {
  return JSON.parse(row.labels) as Record<string, string>;
}

/** `undefined` for a task that is tried again as the hub is configured. */
export function backoffOf(row: Pick<TasksTable, 'backoff'>): Backoff | undefined {
  return row.backoff === '' ? undefined : (JSON.parse(row.backoff) as Backoff);
}

export function errorOf(row: Pick<TasksTable, 'error'>): TaskError | undefined {
  return row.error === null ? undefined : (JSON.parse(row.error) as TaskError);
}
