import type { Mutant } from './mutant.ts';

const file = 'packages/hub/src/services/event-stream.ts';
const test = 'packages/hub/test/events/event-stream.test.ts';

/** The stream of events over HTTP. */
export const mutants: readonly Mutant[] = [
  {
    name: 'last-event-id-ignored',
    guarantee: 'HB-13 resume',
    file: 'packages/hub/src/services/event-query.ts',
    find: 'last ?? asked',
    replace: 'asked',
    test,
    testName: 'the header counts more than the query',
  },
  {
    name: 'stream-resumed-one-too-early',
    guarantee: 'HB-13 resume',
    file,
    find: 'after: from });',
    replace: 'after: Math.max(0, from - 1) });',
    test,
    testName: 'none missed, none twice',
  },
  {
    name: 'stream-resumed-one-too-late',
    guarantee: 'HB-13 resume',
    file,
    find: 'id: ${event.position}',
    replace: 'id: ${event.position + 1}',
    test,
    testName: 'every event once, in the order of the log',
  },
  {
    name: 'newest-event-of-a-batch-first',
    guarantee: 'HB-13 order',
    file,
    find: 'batch.map(lineOf)',
    replace: 'batch.toReversed().map(lineOf)',
    test,
    testName: 'every event once, in the order of the log',
  },
  {
    name: 'stream-does-not-say-where-it-begins',
    guarantee: 'HB-13 resume',
    file,
    find: '\\nid: ${from}\\n\\n',
    replace: '\\n\\n',
    test,
    testName: 'cut before anything happened',
  },
  {
    name: 'no-position-means-the-beginning',
    guarantee: 'HB-13 sse',
    file: 'packages/hub/src/services/event-query.ts',
    find: "throw MalformedRequest.error('Last-Event-ID",
    replace: "if (text) return 0;\n  throw MalformedRequest.error('Last-Event-ID",
    test,
    testName: 'is none, in the header and in the query',
  },
  {
    name: 'position-that-never-was-waited-for',
    guarantee: 'HB-13 sse',
    file,
    find: 'if (after !== undefined) await readEvents(database, { after, limit: 1, filter });',
    replace: '',
    test,
    testName: 'beyond the newest event is refused',
  },
  {
    name: 'events-of-other-tenants-told',
    guarantee: 'HB-13 sse',
    file: 'packages/hub/src/services/event-query.ts',
    find: 'const filter = { tenant,',
    replace: "const filter = { ...(tenant === '' && { tenant }),",
    test,
    testName: 'only what is of the reader',
  },
  {
    name: 'place-of-a-broken-stream-forgotten',
    guarantee: 'HB-13 resume',
    file: 'packages/sdk/src/http/sse.ts',
    find: "else if (id !== '') onMark(id);",
    replace: '',
    test: 'packages/sdk/test/streams.test.ts',
    testName: 'broke before the first event',
  },
];
