import type { Event, TaskSummary } from '@reeve/hub/api';
import type { Api } from './api.ts';

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}

/** Every task there is. */
export async function allTasks(api: Api): Promise<TaskSummary[]> {
  const tasks: TaskSummary[] = [];
  for (let cursor = ''; ;) {
    const page = await api.get<Page<TaskSummary>>(`/v1/tasks?limit=100${cursor && `&cursor=${cursor}`}`);
    tasks.push(...page.items);
    if (page.nextCursor === undefined) return tasks;
    cursor = page.nextCursor;
  }
}

/** The event log from its beginning. */
export async function allEvents(api: Api): Promise<Event[]> {
  const events: Event[] = [];
  for (let after = 0; ;) {
    const page = await api.get<{ items: Event[]; nextAfter: number }>(`/v1/events/history?after=${after}&limit=1000`);
    events.push(...page.items);
    if (page.items.length === 0) return events;
    after = page.nextAfter;
  }
}

export interface Status {
  readonly tasks: { readonly waiting: number; readonly leased: number; readonly delayed: number };
  readonly slots: { readonly total: number; readonly busy: number };
}

/** Tasks that have not ended. */
export async function liveTasks(api: Api): Promise<number> {
  const { tasks } = await api.get<Status>('/v1/status');
  return tasks.waiting + tasks.leased + tasks.delayed;
}
