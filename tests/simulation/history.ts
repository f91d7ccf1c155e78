import type { Event, Task } from '@reeve/hub/api';
import type { Api } from '../faults/system/api.ts';
import type { JournalLine } from '../faults/system/journal.ts';
import { allEvents, allTasks, type Status } from '../faults/system/tasks.ts';
import type { ChatSeen } from './chatter.ts';
import type { Submission } from './submitter.ts';
import type { HubEnd } from './world.ts';

/** Everything that is known of a simulation after it: what clients saw, what agents ran, what the hub has on record. */
export interface History {
  readonly submissions: readonly Submission[];
  readonly chats: readonly ChatSeen[];
  readonly journal: readonly JournalLine[];
  readonly tasks: readonly Task[];
  readonly events: readonly Event[];
  readonly status: Status;
  readonly audit: { readonly ok: boolean; readonly records: number };
  readonly epochEnds: ReadonlyMap<number, HubEnd>;
}

/** What the hub has on record. */
export async function readRecord(api: Api): Promise<Pick<History, 'tasks' | 'events' | 'status' | 'audit'>> {
  const summaries = await allTasks(api);
  const tasks = await Promise.all(summaries.map(({ id }) => api.get<Task>(`/v1/tasks/${id}`)));
  const events = await allEvents(api);
  const status = await api.get<Status>('/v1/status');
  const audit = await api.get<History['audit']>('/v1/audit/verify');
  return { tasks, events, status, audit };
}
