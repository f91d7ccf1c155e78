import type { Mutant } from './mutant.ts';

const threads = {
  file: 'packages/hub/src/adapters/threads/handler-threads.ts',
  test: 'packages/hub/test/threads/handler-threads.test.ts',
};

const polls = {
  file: 'packages/hub/src/drivers/long-poll/poll-links.ts',
  test: 'packages/hub/test/long-poll/long-poll.test.ts',
};

const sockets = {
  file: 'packages/hub/src/drivers/websocket/event-reader.ts',
  test: 'packages/hub/test/events/event-socket.test.ts',
};

/** What makes agents of modules, requests and MCP servers, and readers of events. */
export const mutants: readonly Mutant[] = [
  {
    ...threads,
    name: 'handlers-on-the-main-thread',
    guarantee: 'HB-06 event-loop',
    find: 'return attemptInThread(components, { lease, input }, context);',
    replace: 'return import(module).then(({ burn }) => burn.run(context, input));',
    testName: 'do not hold up the loop',
  },
  {
    ...threads,
    name: 'one-thread-for-all-handlers',
    guarantee: 'HB-06 threads',
    find: '    maxThreads,\n    idleTimeout:',
    replace: '    maxThreads: 1,\n    idleTimeout:',
    testName: 'each handler runs off the main thread',
  },
  {
    ...threads,
    name: 'no-thread-is-warm',
    guarantee: 'HB-06 pool',
    find: 'minThreads: warmThreads,',
    replace: 'minThreads: maxThreads,',
    testName: 'warm threads are there',
  },
  {
    ...threads,
    name: 'idle-threads-stay',
    guarantee: 'HB-06 idle-time-out',
    find: 'idleTimeout: idleTimeoutMs',
    replace: 'idleTimeout: Infinity',
    testName: 'threads that have nothing to do end',
  },
  {
    ...threads,
    name: 'handler-that-ignores-its-signal-goes-on',
    guarantee: 'HB-09 cancel',
    file: 'packages/hub/src/adapters/threads/attempt-in-thread.ts',
    find: 'killer.abort();',
    replace: '',
    testName: 'ended with its thread after the grace',
  },
  {
    ...threads,
    name: 'output-of-a-handler-unchecked',
    guarantee: 'FD-01 output',
    file: 'packages/hub/src/adapters/threads/thread.ts',
    find: "return checked(handler.output, await handler.run(context, valid), HandlerOutputInvalid, 'the output');",
    replace: 'return handler.run(context, valid);',
    testName: 'an output that does not fit',
  },
  {
    ...polls,
    name: 'poller-that-vanished-counts-as-heard',
    guarantee: 'HB-08 expiry',
    find: 'agent.link instanceof PollLink && agent.link.waits',
    replace: 'agent.link instanceof PollLink',
    testName: 'go to others once it is silent',
  },
  {
    ...polls,
    name: 'request-that-waits-is-no-sign-of-life',
    guarantee: 'HB-08 heartbeat',
    find: 'agent.link instanceof PollLink && agent.link.waits',
    replace: 'false',
    testName: 'are kept by heartbeats, and while a request waits',
  },
  {
    ...polls,
    name: 'lease-that-a-poller-forgot-stays',
    guarantee: 'HB-08 expiry',
    find: '(lease) => link.isUntold(lease)',
    replace: '() => true',
    testName: 'does not name them',
  },
  {
    ...polls,
    name: 'result-of-a-poller-accepted-before-durable',
    guarantee: 'HB-08',
    file: 'packages/hub/src/drivers/long-poll/lease-operations.ts',
    find: '  await durable;',
    replace: '  void durable;',
    testName: 'only when the result is durable',
  },
  {
    name: 'arguments-of-a-tool-unchecked',
    guarantee: 'FD-01 input',
    file: 'packages/hub/src/adapters/mcp/call-tool.ts',
    find: 'if (result.valid) return result.data;',
    replace: 'if (result) return input as Record<string, unknown>;',
    test: 'packages/hub/test/mcp/mcp-tools.test.ts',
    testName: 'arguments that do not fit',
  },
  {
    ...sockets,
    name: 'slow-reader-of-events-is-not-waited-for',
    guarantee: 'HB-13 websocket',
    find: 'await this.#send(JSON.stringify(batch));',
    replace: 'void this.#send(JSON.stringify(batch));',
    testName: 'costs no memory',
  },
  {
    ...sockets,
    name: 'reader-of-events-resumes-too-late',
    guarantee: 'HB-13 websocket',
    file: 'packages/hub/src/services/event-query.ts',
    find: 'return Number(text);',
    replace: 'return Number(text) + 1;',
    testName: 'goes on after its last event',
  },
  {
    name: 'api-page-lets-in-what-is-inline',
    guarantee: 'FD-13 api',
    file: 'packages/platform/src/http/api-page/routes.ts',
    find: "script-src 'self'",
    replace: "script-src 'self' 'unsafe-inline'",
    test: 'packages/platform/test/http/api-page.test.ts',
    testName: 'comes whole from this server',
  },
  {
    name: 'stalls-of-the-loop-uncounted',
    guarantee: 'HB-06 event-loop',
    file: 'packages/platform/src/metrics/event-loop.ts',
    find: 'delayMs > stallMs',
    replace: 'delayMs < 0',
    test: 'packages/platform/test/metrics/metrics.test.ts',
    testName: 'by how much its event loop is late',
  },
];
