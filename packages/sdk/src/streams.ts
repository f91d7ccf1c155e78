import {
  type Blob,
  createManyTasks,
  getBlob,
  type MapResult,
  putBlob,
  streamResults,
  type TakenTask,
  type TaskResult,
  type TaskSubmission,
} from '@reeve/hub/api';
import { uuidv7 } from '@reeve/kernel';
import type { z } from 'zod';
import type { StreamOptions } from './http/answer-lines.ts';
import { checkedContent, exchangeBytes, type BytesOptions } from './http/exchange-bytes.ts';
import { mapResults } from './http/map-results.ts';
import { askByLines } from './http/ask-by-lines.ts';
import type { Transport } from './http/transport.ts';

type Many<Value> = AsyncIterable<Value> | Iterable<Value>;
type Answer<Line> = Extract<Line, { line: number }>;

/** The methods of streaming operations; they stand beside those of the others, such as `client.tasks.createMany`. */
export interface StreamMethods {
  readonly tasks: {
    /**
     * Submits any number of tasks as they come, and gives the id, or the refusal, of each in order. Each gets an
     * idempotency key if it has none, so that a lost connection doubles nothing; a program that is itself started again
     * gives its own.
     */
    createMany(tasks: Many<z.input<typeof TaskSubmission>>, options?: StreamOptions): AsyncGenerator<Answer<TakenTask>>;
    /** The results of tasks, each once it has ended: in the order of the ids, or as they end within 10,000 of them. */
    results(
      ids: Many<string>,
      options?: StreamOptions & { readonly order?: 'submission' | 'completion' },
    ): AsyncGenerator<Answer<TaskResult>>;
  };
  readonly maps: {
    /** The results of a map in the order of its items, as they come; a lost connection goes on with the next item. */
    results(id: string, options?: StreamOptions & { readonly from?: number }): AsyncGenerator<MapResult>;
  };
  readonly blobs: {
    /** Puts a content in, for inputs to refer to as `{ $blob: digest }`. A stream is sent as it comes. */
    put(content: RequestInit['body'], options?: BytesOptions & { readonly digest?: string }): Promise<Blob>;
    /** Gets a content back, whole and checked against its digest. */
    get(digest: string, options?: BytesOptions): Promise<Uint8Array>;
  };
}

export function streamMethods(transport: Transport): StreamMethods {
  return {
    tasks: {
      createMany: (tasks, options = {}) => askByLines(transport, createManyTasks, {}, withKeys(tasks), options),
      results: (ids, { order = 'submission', ...options } = {}) =>
        askByLines(transport, streamResults, { order }, asLines(ids), options),
    },
    maps: { results: (id, options = {}) => mapResults(transport, id, options) },
    blobs: {
      put: (content, { digest, ...options } = {}) =>
        exchangeBytes(transport, putBlob, { digest }, content, (answer) => answer.json() as Promise<Blob>, options),
      get: (digest, options = {}) => {
        const read = (answer: Response): Promise<Uint8Array> => checkedContent(answer, digest);
        return exchangeBytes(transport, getBlob, { digest }, undefined, read, options);
      },
    },
  };
}

async function* withKeys(tasks: Many<z.input<typeof TaskSubmission>>) {
  for await (const task of tasks) yield { idempotencyKey: uuidv7(), ...task };
}

async function* asLines(ids: Many<string>) {
  for await (const id of ids) yield { id };
}
