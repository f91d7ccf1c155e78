import type { Mutant } from './mutant.ts';

const services = 'packages/hub/src/services';
const test = 'packages/hub/test';
const createMany = `${test}/tasks/create-many.test.ts`;

export const mutants: readonly Mutant[] = [
  {
    name: 'stream-held-as-a-whole',
    guarantee: 'HB-07 memory',
    file: 'packages/platform/src/http/json-lines.ts',
    find: 'for await (const piece of body) {',
    replace: 'for (const piece of await Array.fromAsync(body)) {',
    test: createMany,
    testName: 'while more is still being sent',
  },
  {
    name: 'line-without-end-kept',
    guarantee: 'HB-07 memory',
    file: 'packages/platform/src/http/json-lines.ts',
    find: 'if (this.#sizeBytes > this.#limitBytes) this.#pieces',
    replace: 'if (this.#sizeBytes < 0) this.#pieces',
    test: createMany,
    testName: 'a line without end is not kept',
  },
  {
    name: 'answers-pile-up-unread',
    guarantee: 'HB-07 memory',
    file: 'packages/platform/src/http/stream-route.ts',
    find: 'await drained(raw, signal);',
    replace: '{}',
    test: createMany,
    testName: 'reads no faster than its answers are read',
  },
  {
    name: 'stream-goes-on-after-the-hub-refused',
    guarantee: 'HB-07 submit',
    file: `${services}/submissions.ts`,
    find: 'if (error.retryable) break;',
    replace: '',
    test: createMany,
    testName: 'it says from which line',
  },
  {
    name: 'line-answered-before-it-is-stored',
    guarantee: 'HB-07 submit',
    file: `${services}/create-many.ts`,
    find: 'await database.commit({ statements,',
    replace: 'void database.commit({ statements,',
    test: createMany,
    testName: 'nothing is answered that is not stored',
  },
  {
    name: 'blobs-lie-open-on-the-disk',
    guarantee: 'FD-05 canary',
    file: 'packages/platform/src/files/segments.ts',
    find: 'Buffer.concat([sealing.update(content), sealing.final(), sealing.getAuthTag()])',
    replace: 'Buffer.concat([content, sealing.final(), sealing.getAuthTag()])',
    test: 'packages/platform/test/files/sealed-files.test.ts',
  },
  {
    name: 'blob-removed-under-a-live-task',
    guarantee: 'HB-08 at-least-once',
    file: 'packages/hub/src/store/blobs.ts',
    find: ".where('tasks.live', '=', 1),",
    replace: ".where('tasks.live', '=', 2),",
    test: `${test}/blobs/blobs.test.ts`,
  },
  {
    name: 'results-in-whatever-order',
    guarantee: 'HB-07 complete',
    file: `${services}/stream-results.ts`,
    find: "order === 'completion'",
    replace: "order !== 'nothing'",
    test: createMany,
    testName: 'none overtakes',
  },
];
