import type { Event, Task } from '@reeve/hub/api';
import { permanentCode, type Act, type ActOutput } from '../faults/system/act.ts';
import type { JournalLine } from '../faults/system/journal.ts';
import type { ChatSeen } from './chatter.ts';
import type { History } from './history.ts';

/** Fences of one start of the hub lie between two multiples of this. */
const fencesPerEpoch = 2 ** 32;
const endEvents = new Set(['task.succeeded', 'task.dead', 'task.cancelled', 'task.expired']);
/** A lease that ended in one of these ways does not count as an attempt. */
const uncounted = new Set(['declined', 'agent_removed']);

/** Everything that must hold after any storm. @returns what does not, in words; empty when all is well. */
export function violations(history: History): string[] {
  return [
    ...brokenAcknowledgements(history),
    ...brokenLog(history),
    ...history.tasks.flatMap((task) => brokenTask(task, history)),
    ...unexplainedRuns(history),
    ...history.chats.flatMap((chat, index) => brokenChat(chat).map((text) => `chat ${index}: ${text}`)),
    ...leftBehind(history),
  ];
}

/** Ids of tasks that were acknowledged and are not there, or that are there and never end. */
export function lost({ submissions, tasks }: History): string[] {
  const known = new Set(tasks.map(({ id }) => id));
  const gone = new Set(submissions.flatMap(({ acknowledgedIds }) => acknowledgedIds).filter((id) => !known.has(id)));
  return [...gone, ...live(tasks).map(({ id }) => id)];
}

/** What is there more than once: tasks of one submission, ends of one task, runs under one fence. */
export function doubled({ tasks, events, journal, epochEnds }: History): string[] {
  const acts = tasks.filter(({ kind }) => kind !== 'llm.chat');
  const ends = events.filter(({ type }) => endEvents.has(type));
  return [
    ...repeated(acts, ({ input }) => (input as unknown as Act).number).map(({ id }) => id),
    ...repeated(ends, ({ subject }) => subject).map(({ subject }) => subject),
    ...ranTwice({ journal, events, epochEnds }).map(({ execution }) => execution),
  ];
}

/** Acknowledged means: it is there, once, whatever was repeated. */
function brokenAcknowledgements({ submissions, tasks }: History): string[] {
  const byNumber = Map.groupBy(
    tasks.filter(({ kind }) => kind !== 'llm.chat'),
    ({ input }) => (input as unknown as Act).number,
  );
  const broken: string[] = [];
  for (const { planned, acknowledgedIds, cancelStatus } of submissions) {
    const name = `task ${planned.number}`;
    const found = byNumber.get(planned.number) ?? [];
    byNumber.delete(planned.number);
    const ids = new Set(acknowledgedIds);
    if (ids.size === 0) broken.push(`${name} was never acknowledged`);
    if (ids.size > 1) broken.push(`${name}: one key stands for ${ids.size} tasks: ${[...ids].join(', ')}`);
    if (found.length > 1) broken.push(`${name} exists ${found.length} times`);
    for (const id of ids)
      if (!found.some((task) => task.id === id)) broken.push(`${name} (${id}) was acknowledged and is lost`);
    if (cancelStatus === 200 && found[0]?.state !== 'cancelled')
      broken.push(`${name}: its cancellation was acknowledged, and it is ${found[0]?.state}`);
  }
  for (const number of byNumber.keys()) broken.push(`task ${number} was never submitted`);
  return broken;
}

/** The log of events has no gap, and the chain of the audit log verifies. */
function brokenLog({ events, audit }: History): string[] {
  const broken = events.flatMap(({ position }, index) =>
    position === index + 1 ? [] : [`event ${index + 1} of the log has the position ${position}`],
  );
  if (!audit.ok) broken.push(`the audit chain is broken: ${JSON.stringify(audit)}`);
  return broken.slice(0, 5);
}

interface LeaseSeen {
  readonly fence: number;
  readonly attempt: number;
}

function brokenTask(task: Task, history: History): string[] {
  const events = eventsOf(task, history);
  const leases = events.filter(({ type }) => type === 'task.leased').map(({ data }) => data as unknown as LeaseSeen);
  return [
    ...brokenEnd(task, events),
    ...brokenLeases(task, events, leases),
    ...(task.state === 'succeeded' ? brokenSuccess(task, events, history) : []),
    ...(task.state === 'dead' ? brokenDeath(task, events) : []),
    ...brokenNature(task, events),
  ].map((text) => `task ${task.id} (${JSON.stringify(task.input)}, ${task.state}): ${text}`);
}

/** One end, and nothing after it. */
function brokenEnd(task: Task, events: readonly Event[]): string[] {
  const ends = events.filter(({ type }) => endEvents.has(type));
  const last = events.at(-1);
  if (ends.length !== 1) return [`has ${ends.length} ends: ${ends.map(({ type }) => type).join(', ')}`];
  if (last !== ends[0]) return [`${last?.type} follows its end, ${ends[0]!.type}`];
  return last?.type === `task.${task.state}` ? [] : [`its last event is ${last?.type}`];
}

/** Fences grow; attempts count up from 1 and stay within what is allowed. */
function brokenLeases(task: Task, events: readonly Event[], leases: readonly LeaseSeen[]): string[] {
  const broken: string[] = [];
  for (const [index, { fence }] of leases.entries())
    if (index > 0 && fence <= leases[index - 1]!.fence)
      broken.push(`fence ${fence} follows ${leases[index - 1]!.fence}`);
  const back = events.filter(({ type, data }) => type === 'task.retrying' && uncounted.has(fact(data, 'code')));
  const counted = leases.length - back.length;
  if (task.attempt !== counted) broken.push(`says attempt ${task.attempt}, and had ${counted} that count`);
  if (task.attempt > task.maxAttempts) broken.push(`had ${task.attempt} attempts of ${task.maxAttempts}`);
  return broken;
}

/** The one result is that of the newest lease, and a handler really made it. */
function brokenSuccess(task: Task, events: readonly Event[], { journal }: History): string[] {
  const event = events.find(({ type }) => type === 'task.succeeded');
  const accepted = Number(fact(event?.data ?? {}, 'fence'));
  const broken = accepted === task.fence ? [] : [`its result came under fence ${accepted}, its lease is ${task.fence}`];
  if (task.kind === 'llm.chat') return broken;
  const { execution, fence } = task.output as unknown as ActOutput;
  if (fence !== task.fence) broken.push(`its output was made under fence ${fence}, its lease is ${task.fence}`);
  const run = journal.find((line) => line.execution === execution && line.what === 'succeeded');
  if (run?.taskId !== task.id || run.fence !== fence) broken.push(`no handler made its output: ${execution}`);
  return broken;
}

/** A task dies for a failure that nothing can mend, or when its attempts are used up. */
function brokenDeath(task: Task, events: readonly Event[]): string[] {
  const data = events.find(({ type }) => type === 'task.dead')?.data ?? {};
  const code = fact(data, 'code');
  if (fact(data, 'reason') === 'exhausted')
    return task.attempt === task.maxAttempts ? [] : [`gave up after ${task.attempt} of ${task.maxAttempts} attempts`];
  if (task.kind === 'llm.chat') return []; // a stream that has begun cannot be begun again
  return code === permanentCode ? [] : [`died at once of ${code}, which another attempt may mend`];
}

/** What the input asked for shows in the record. */
function brokenNature(task: Task, events: readonly Event[]): string[] {
  if (task.kind === 'llm.chat') return [];
  const { permanent, failures = 0 } = task.input as unknown as Act;
  const retried = events.some(({ type, data }) => type === 'task.retrying' && fact(data, 'code') === permanentCode);
  const broken = retried ? ['a failure that nothing can mend was tried again'] : [];
  if (permanent === true && task.state === 'succeeded') broken.push('cannot have succeeded');
  if (task.state === 'succeeded' && task.attempt <= failures) broken.push(`succeeded in attempt ${task.attempt}`);
  return broken;
}

/**
 * A handler ran for each lease, and for no other reason. A lease is written down with the next group commit, so one that
 * was given right before a kill may not be on record: then its fence belongs to a start of the hub that was killed.
 */
function unexplainedRuns({ journal, events, epochEnds }: History): string[] {
  const leased = new Set(
    events.filter(({ type }) => type === 'task.leased').map(({ subject, data }) => `${subject} ${fact(data, 'fence')}`),
  );
  const unexplained = began(journal).filter(
    ({ taskId, fence }) =>
      !leased.has(`task:${taskId} ${fence}`) && epochEnds.get(Math.floor(fence / fencesPerEpoch)) !== 'killed',
  );
  const twice = ranTwice({ journal, events, epochEnds });
  return [
    ...unexplained.map(({ execution, taskId, fence }) => `run ${execution} of task ${taskId} had no lease ${fence}`),
    ...twice.map(({ taskId, fence }) => `task ${taskId} ran twice under fence ${fence}`),
  ];
}

/**
 * Runs under a fence that another had before: at the same agent, or at a second one although the task was not hedged. Of
 * a start that was killed the record may lack that, as it may lack a lease.
 */
function ranTwice({ journal, events, epochEnds }: Pick<History, 'journal' | 'events' | 'epochEnds'>): JournalLine[] {
  const hedged = new Set(events.filter(({ type }) => type === 'task.hedged').map(({ subject }) => subject));
  const again = repeated(began(journal), ({ fence }) => fence);
  const sameAgent = new Set(repeated(began(journal), ({ fence, agent }) => `${fence} ${agent}`));
  return again.filter(
    (run) =>
      sameAgent.has(run) ||
      (!hedged.has(`task:${run.taskId}`) && epochEnds.get(Math.floor(run.fence / fencesPerEpoch)) !== 'killed'),
  );
}

function began(journal: readonly JournalLine[]): JournalLine[] {
  return journal.filter(({ what }) => what === 'began');
}

/** Those before which there was another with the same key. */
function repeated<T, Key>(all: readonly T[], keyOf: (each: T) => Key): T[] {
  const seen = new Set<Key>();
  return all.filter((each) => seen.size === seen.add(keyOf(each)).size);
}

/** A stream is a beginning of one answer; only the whole answer says that it is whole. */
function brokenChat({ planned, pieces, done, end }: ChatSeen): string[] {
  const broken: string[] = [];
  for (const [index, piece] of pieces.entries())
    if (piece.index !== index || piece.execution !== pieces[0]!.execution)
      broken.push(`piece ${index} is piece ${piece.index} of ${piece.execution}`);
  if (done && pieces.length !== planned.act.chunks)
    broken.push(`says that it is whole after ${pieces.length} of ${planned.act.chunks} pieces`);
  if (end === 'ended-without-a-word') broken.push('ended without saying whether it is whole');
  return broken;
}

function leftBehind({ tasks, status }: History): string[] {
  const broken = live(tasks).map(({ id, state }) => `task ${id} is ${state} for ever`);
  if (status.slots.busy !== 0) broken.push(`${status.slots.busy} slots are busy with nothing`);
  return broken;
}

function live(tasks: readonly Task[]): Task[] {
  return tasks.filter(({ state }) => ['queued', 'scheduled', 'leased'].includes(state));
}

const eventIndex = new WeakMap<History, Map<string, Event[]>>();

function eventsOf({ id }: Task, history: History): Event[] {
  let index = eventIndex.get(history);
  if (!index) eventIndex.set(history, (index = Map.groupBy(history.events, ({ subject }) => subject)));
  return index.get(`task:${id}`) ?? [];
}

function fact(data: unknown, name: string): string {
  return String((data as Record<string, unknown>)[name]);
}
