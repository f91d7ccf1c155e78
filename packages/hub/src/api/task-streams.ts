import { defineStream, Json, NotFound, Overloaded, TooLarge, Uuid } from '@reeve/kernel';
import { z } from 'zod';
import { UnknownCapability } from '../errors.ts';
import { TaskError, TaskState, TaskSubmission } from './task.ts';

const Line = z.int().positive();

/** Why something in a stream was refused; the fields are those of a problem document. */
export const LineError = z.object({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  issues: z.array(z.object({ path: z.array(z.union([z.string(), z.number()])), message: z.string() })).optional(),
  details: z.record(z.string(), Json).optional(),
});
export type LineError = z.output<typeof LineError>;

/** What became of one line of `tasks.createMany`, or the last line of the answer. */
export const TakenTask = z.union([
  z.object({ line: Line, id: Uuid }),
  z.object({ line: Line, error: LineError }),
  z.object({
    end: z.object({
      accepted: z.int(),
      refused: z.int(),
      /** The hub took nothing from this line on, because of this: send it and what follows again. */
      stopped: z.object({ line: Line, error: LineError }).optional(),
    }),
  }),
]);
export type TakenTask = z.output<typeof TakenTask>;

export const createManyTasks = defineStream({
  name: 'tasks.createMany',
  summary: 'Submit any number of tasks, one on each line',
  description:
    'Each task is taken or refused for itself, in order, and answered once it is durable. Give every task an idempotency ' +
    'key: then a stream that broke off is sent again from the last line that was answered, and nothing is doubled. Read ' +
    'the answer while you send: the hub reads no faster than its answers are read. The last line is `end`.',
  access: 'tasks:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/tasks/stream' },
  input: z.object({}),
  takes: { lines: TaskSubmission },
  gives: { lines: TakenTask },
  errors: [UnknownCapability, TooLarge, Overloaded],
});

/** How one task of `tasks.results` ended, or why there is nothing to tell. */
export const TaskResult = z.union([
  z.object({
    line: Line,
    id: Uuid,
    state: TaskState,
    output: Json.optional(),
    error: TaskError.optional(),
  }),
  z.object({ line: Line, error: LineError }),
  z.object({ end: z.object({ results: z.int(), refused: z.int() }) }),
]);
export type TaskResult = z.output<typeof TaskResult>;

export const streamResults = defineStream({
  name: 'tasks.results',
  summary: 'The results of any number of tasks, each once it has ended',
  description:
    'Takes ids, one on each line as `{"id": "…"}`, and answers each when its task has ended, in the order asked for. The ' +
    'last line is `end`; without it the answer is not whole, and what is missing can be asked for again.',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'POST', path: '/v1/tasks/results' },
  input: z.object({
    /** `completion` gives each as soon as it is there; up to 10,000 are waited for at the same time. */
    order: z.enum(['submission', 'completion']).default('submission'),
  }),
  takes: { lines: z.object({ id: Uuid }) },
  gives: { lines: TaskResult },
  errors: [NotFound],
});
