import { describe, expect, test } from 'vitest';
import type { Event, Task } from '@reeve/hub/api';
import { permanentCode } from '../faults/system/act.ts';
import type { JournalLine } from '../faults/system/journal.ts';
import type { History } from './history.ts';
import { doubled, lost, violations } from './invariants.ts';
import { taskOf } from './scenario.ts';

const epoch = 2 ** 32;
const [first, second] = [epoch + 1, 2 * epoch + 1];

function event(position: number, id: string, type: string, data: object): Event {
  return { position, atMs: position, type, tenant: 'default', subject: `task:${id}`, data: data as Event['data'] };
}

function run(
  execution: string,
  taskId: string,
  fence: number,
  ending: JournalLine['what'],
  agent = 'a',
): JournalLine[] {
  const line = { execution, taskId, fence, attempt: 1, agent };
  return [
    { ...line, what: 'began' },
    { ...line, what: ending },
  ];
}

const common = {
  tenant: 'default',
  kind: 'task',
  priority: 'medium',
  requires: [],
  constraints: {},
  labels: {},
  maxAttempts: 3,
  timeoutMs: 1,
  submittedAtMs: 1,
} as const;

function task(id: string, state: Task['state'], more: Pick<Task, 'attempt' | 'fence' | 'input' | 'output'>): Task {
  return { ...common, requires: [], id, state, ...more };
}

/** Two tasks, a kill of the hub between the attempts of the first, and a chat: all as it should be. */
function sound(): History & { tasks: Task[]; events: Event[]; journal: JournalLine[] } {
  const output = { number: 0, execution: 'x2', fence: second, attempt: 2 };
  return {
    submissions: [
      { planned: taskOf(1, 0), acknowledgedIds: ['t0', 't0'], cancelStatus: undefined },
      { planned: taskOf(1, 1), acknowledgedIds: ['t1'], cancelStatus: undefined },
    ],
    chats: [
      {
        planned: { act: { chunks: 2, gapMs: 0 }, leaveAfter: undefined, pauseMs: 0 },
        pieces: [0, 1].map((index) => ({ execution: 'c', index, of: 2 })),
        done: true,
        end: 'done',
      },
    ],
    journal: [
      ...run('x1', 't0', first, 'aborted'),
      ...run('x2', 't0', second, 'succeeded'),
      ...run('x3', 't1', second + 1, 'failed'),
    ],
    tasks: [
      task('t0', 'succeeded', { attempt: 2, fence: second, input: { number: 0 }, output }),
      task('t1', 'dead', { attempt: 1, fence: second + 1, input: { number: 1, permanent: true } }),
    ],
    events: [
      event(1, 't0', 'task.submitted', {}),
      event(2, 't0', 'task.leased', { fence: first, attempt: 1 }),
      event(3, 't0', 'task.retrying', { fence: first, code: 'lease_expired' }),
      event(4, 't0', 'task.leased', { fence: second, attempt: 2 }),
      event(5, 't0', 'task.succeeded', { fence: second }),
      event(6, 't1', 'task.submitted', {}),
      event(7, 't1', 'task.leased', { fence: second + 1, attempt: 1 }),
      event(8, 't1', 'task.dead', { fence: second + 1, code: permanentCode, reason: 'permanent' }),
    ],
    status: { tasks: { waiting: 0, leased: 0, delayed: 0 }, slots: { total: 2, busy: 0 } },
    audit: { ok: true, records: 3 },
    epochEnds: new Map([[1, 'killed']]),
  };
}

type Sound = ReturnType<typeof sound>;

/** Each history that is not as it should be, and how that is named. */
const broken: ReadonlyArray<readonly [string, RegExp, (history: Sound) => Partial<History>]> = [
  ['an acknowledged task is gone', /was acknowledged and is lost/, ({ tasks }) => ({ tasks: tasks.slice(1) })],
  [
    'one key stands for two tasks',
    /one key stands for 2 tasks/,
    ({ submissions }) => ({ submissions: [{ ...submissions[0]!, acknowledgedIds: ['t0', 'other'] }, submissions[1]!] }),
  ],
  ['a task exists twice', /exists 2 times/, ({ tasks }) => ({ tasks: [...tasks, { ...tasks[0]!, id: 'copy' }] })],
  [
    'an acknowledged cancellation did nothing',
    /its cancellation was acknowledged/,
    ({ submissions }) => ({ submissions: [{ ...submissions[0]!, cancelStatus: 200 }, submissions[1]!] }),
  ],
  ['the log has a gap', /event 3 of the log has the position 4/, ({ events }) => ({ events: without(events, 3) })],
  ['the audit chain is broken', /the audit chain is broken/, () => ({ audit: { ok: false, records: 1 } })],
  [
    'a task succeeded twice',
    /has 2 ends/,
    ({ events }) => ({ events: [...events, event(9, 't0', 'task.succeeded', { fence: second })] }),
  ],
  [
    'something follows the end',
    /task.leased follows its end/,
    ({ events }) => ({ events: [...events, event(9, 't0', 'task.leased', { fence: second + 2, attempt: 3 })] }),
  ],
  [
    'the end is another than the state',
    /its last event is task.succeeded/,
    ({ tasks }) => ({ tasks: [{ ...tasks[0]!, state: 'cancelled' }, tasks[1]!] }),
  ],
  [
    'a fence is given twice',
    /fence \d+ follows \d+/,
    ({ events }) => ({ events: changed(events, 4, { fence: first, attempt: 2 }) }),
  ],
  [
    'there are more attempts than allowed',
    /had 2 attempts of 1/,
    ({ tasks }) => ({ tasks: [{ ...tasks[0]!, maxAttempts: 1 }, tasks[1]!] }),
  ],
  [
    'an attempt is not counted',
    /says attempt 1, and had 2 that count/,
    ({ tasks }) => ({ tasks: [{ ...tasks[0]!, attempt: 1 }, tasks[1]!] }),
  ],
  [
    'the result is that of an older lease',
    /its result came under fence \d+, its lease is \d+/,
    ({ events }) => ({ events: changed(events, 5, { fence: first }) }),
  ],
  [
    'no handler made the output',
    /no handler made its output: x2/,
    ({ journal }) => ({ journal: journal.filter(({ what }) => what !== 'succeeded') }),
  ],
  [
    'a task died of what can be mended',
    /died at once of act_failed/,
    ({ events }) => ({ events: changed(events, 8, { fence: second + 1, code: 'act_failed', reason: 'permanent' }) }),
  ],
  [
    'a task was given up too early',
    /gave up after 1 of 3 attempts/,
    ({ events }) => ({ events: changed(events, 8, { fence: second + 1, code: 'act_failed', reason: 'exhausted' }) }),
  ],
  [
    'a permanent failure was tried again',
    /was tried again/,
    ({ events }) => ({ events: changed(events, 3, { fence: first, code: permanentCode }) }),
  ],
  [
    'a handler ran without a lease',
    /had no lease/,
    ({ journal }) => ({ journal: [...journal, ...run('x4', 't1', second + 7, 'failed')] }),
  ],
  [
    'a handler ran twice for one lease',
    /ran twice under fence/,
    ({ journal }) => ({ journal: [...journal, ...run('x4', 't0', second, 'succeeded')] }),
  ],
  [
    'a stream repeats a piece',
    /piece 1 is piece 0/,
    ({ chats }) => ({ chats: [{ ...chats[0]!, pieces: [chats[0]!.pieces[0]!, chats[0]!.pieces[0]!] }] }),
  ],
  [
    'a part of a stream says that it is whole',
    /says that it is whole after 1 of 2 pieces/,
    ({ chats }) => ({ chats: [{ ...chats[0]!, pieces: chats[0]!.pieces.slice(0, 1) }] }),
  ],
  [
    'a stream ends without a word',
    /ended without saying/,
    ({ chats }) => ({ chats: [{ ...chats[0]!, done: false, end: 'ended-without-a-word' }] }),
  ],
  [
    'a task never ends',
    /is leased for ever/,
    ({ tasks }) => ({ tasks: [{ ...tasks[0]!, state: 'leased' }, tasks[1]!] }),
  ],
  [
    'a lease is left behind',
    /1 slots are busy with nothing/,
    ({ status }) => ({ status: { ...status, slots: { total: 2, busy: 1 } } }),
  ],
];

function without(events: readonly Event[], position: number): Event[] {
  return events.filter((each) => each.position !== position);
}

function changed(events: readonly Event[], position: number, data: Record<string, number | string>): Event[] {
  return events.map((each) => (each.position === position ? { ...each, data } : each));
}

describe('the reckoning after a storm', () => {
  test('finds nothing where nothing is wrong', () => {
    expect(violations(sound())).toEqual([]);
  });

  test('a lease given right before a kill may not be on record', () => {
    const history = sound();
    const journal = [...history.journal, ...run('x4', 't1', first + 7, 'failed')];
    expect(violations({ ...history, journal })).toEqual([]);
  });

  test('of a hedged task two agents may run under its fence, and one of them only once', () => {
    const history = sound();
    const hedged = event(8, 't1', 'task.hedged', { fence: second + 1 });
    const events = [...history.events.slice(0, 7), hedged, { ...history.events[7]!, position: 9 }];
    const journal = [...history.journal, ...run('x4', 't1', second + 1, 'aborted', 'b')];
    expect(violations({ ...history, journal }).join()).toMatch(/ran twice under fence/);
    expect(violations({ ...history, events, journal })).toEqual([]);
    const again = [...journal, ...run('x5', 't1', second + 1, 'aborted', 'b')];
    expect(violations({ ...history, events, journal: again }).join()).toMatch(/ran twice under fence/);
  });

  test('counts what is lost, and what is there twice', () => {
    const history = sound();
    expect([lost(history), doubled(history)]).toEqual([[], []]);
    const { tasks, events, journal } = history;
    expect(lost({ ...history, tasks: tasks.slice(1) })).toEqual(['t0']);
    expect(lost({ ...history, tasks: [{ ...tasks[0]!, state: 'queued' }, tasks[1]!] })).toEqual(['t0']);
    const twice = {
      tasks: [...tasks, { ...tasks[0]!, id: 'copy' }],
      events: [...events, event(9, 't1', 'task.succeeded', { fence: second })],
      journal: [...journal, ...run('x4', 't0', second, 'succeeded')],
    };
    expect(doubled({ ...history, ...twice })).toEqual(['copy', 'task:t1', 'x4']);
  });

  test.each(broken)('notices when %s', (_what, named, breakIt) => {
    const history = sound();
    expect(violations({ ...history, ...breakIt(history) }).join('\n')).toMatch(named);
  });
});

describe('scenarios', () => {
  test('a seed always makes the same choices', () => {
    expect(taskOf(7, 3)).toEqual(taskOf(7, 3));
    expect(taskOf(7, 3)).not.toEqual({ ...taskOf(8, 3), number: 3 });
  });
});
