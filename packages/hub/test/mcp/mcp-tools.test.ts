import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { connectAgent, type AgentConnection } from '@reeve/sdk';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { capabilitiesOf, toolCatalogue } from '../../src/adapters/mcp/tool-catalogue.ts';
import { createMcpTools, type McpTools, type McpToolsOptions } from '../../src/adapters/index.ts';
import { sharedHub, type HubUnderTest } from '../kit/start-hub.ts';
import { submit } from '../kit/tasks.ts';
import { ended, eventually } from '../kit/waiting.ts';

const shared = sharedHub();
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const program = fileURLToPath(new URL('./tool-server.ts', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reeve-mcp-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let agents = 0;

interface ToolAgent {
  readonly tools: McpTools;
  readonly agent: AgentConnection;
  /** What the server noted. */
  notes(): readonly string[];
  run(tool: string, input?: unknown): ReturnType<typeof ended>;
  submit(tool: string, input?: unknown, maxAttempts?: number): Promise<string>;
}

/** An agent of the test server, whose capabilities are its own. */
async function toolAgent(
  hub: HubUnderTest,
  options: Partial<McpToolsOptions> = {},
  cleanUp: (undo: () => Promise<void>) => void = onTestFinished,
): Promise<ToolAgent> {
  const serverName = `server-${++agents}`;
  const file = join(folder, serverName);
  const tools = await createMcpTools({
    target: { command: [process.execPath, program, file], environment: process.env },
    serverName,
    log: quiet,
    onCapabilities: (capabilities) => agent.changeOffer({ capabilities: [...capabilities] }),
    ...options,
  });
  cleanUp(async () => tools[Symbol.asyncDispose]());
  const offer = { name: serverName, capabilities: [...tools.capabilities] };
  const agent = await connectAgent({ url: hub.url, apiKey: hub.key, log: quiet, offer, handler: tools.handler });
  cleanUp(() => agent.stop({ drain: false }));
  const submitFor = (tool: string, input: unknown = null, maxAttempts = 1) =>
    submit(hub, {
      requires: [{ name: `mcp.${serverName}.${tool}` }],
      input: input as null,
      maxAttempts,
      backoff: { initialDelayMs: 1, factor: 1, maxDelayMs: 1, jitter: 0 },
    });
  return {
    tools,
    agent,
    notes: () => readFileSync(file, 'utf8').trim().split('\n'),
    submit: submitFor,
    run: async (tool, input) => ended(hub, await submitFor(tool, input)),
  };
}

describe('an MCP server as an agent', () => {
  let common: ToolAgent;
  const undo: Array<() => Promise<void>> = [];
  beforeAll(async () => {
    const environment = { ...process.env, REEVE_API_KEY: 'canary', OPENAI_API_KEY: 'canary' };
    const target = { command: [process.execPath, program, join(folder, 'common')], environment };
    common = await toolAgent(shared(), { target }, (each) => void undo.unshift(each));
  });
  afterAll(async () => {
    for (const each of undo) await each();
  });

  test('a task is a call: its input the arguments, its output the result', async () => {
    const { state, output } = await common.run('add', { a: 19, b: 23 });
    expect({ state, output }).toMatchObject({
      state: 'succeeded',
      output: { content: [{ type: 'text', text: '42' }] },
    });
  });

  test('[FD-01 input] arguments that do not fit the schema of the tool are refused before it is called', async () => {
    const { state, attempt, error } = await ended(shared(), await common.submit('add', { a: '19', b: 23 }, 3));
    expect({ state, attempt, code: error?.code }).toEqual({ state: 'dead', attempt: 1, code: 'invalid_input' });
  });

  test('a tool that says it failed is a failed attempt with its text', async () => {
    const { error } = await common.run('fail', { why: 'the disk is on fire' });
    expect(error).toMatchObject({ code: 'mcp_tool_failed', message: 'the disk is on fire', retryable: true });
  });

  test('[HB-09 cancel] progress passes through, and a cancel reaches the server', async () => {
    const id = await common.submit('steps');
    await eventually(async () => (await shared().client.tasks.show({ id })).progress !== undefined);
    expect((await shared().client.tasks.show({ id })).progress).toEqual({ progress: 1, total: 2 });
    await shared().client.tasks.cancel({ id });
    await eventually(() => readFileSync(join(folder, 'common'), 'utf8').split('\n').includes('aborted'));
  });

  test('[FD-03] the server sees the PATH and no key', async () => {
    const { output } = await common.run('environment');
    expect(JSON.stringify(output)).toContain('PATH');
    expect(JSON.stringify(output)).not.toContain('canary');
  });
});

describe('capabilities of tools', () => {
  const tools = ['add', 'with a space', 'sub'].map((name) => ({ name, inputSchema: { type: 'object' as const } }));
  const namesOf = (...args: Parameters<typeof toolCatalogue>) =>
    capabilitiesOf(toolCatalogue(...args)).map(({ name }) => name);

  test('are named after server and tool; what no capability can be called is left out and told', () => {
    expect(namesOf('My server (v2)', tools)).toEqual(['mcp.My-server-v2-.add', 'mcp.My-server-v2-.sub']);
    expect(toolCatalogue('x', tools).leftOut).toEqual(['with a space']);
  });

  test('are only those that were asked for, and no more than an agent can have', () => {
    expect(namesOf('x', tools, ['sub'])).toEqual(['mcp.x.sub']);
    const many = Array.from({ length: 60 }, (_, index) => ({ ...tools[0]!, name: `tool-${index}` }));
    expect(namesOf('x', many)).toHaveLength(50);
    expect(toolCatalogue('x', many).leftOut).toHaveLength(10);
  });
});

describe('a server that changes', () => {
  test('tools that are new are offered while it runs', async () => {
    const { run, agent } = await toolAgent(shared());
    expect((await run('grow')).state).toBe('succeeded');
    const offered = async () => (await shared().client.agents.show({ id: agent.agentId })).capabilities;
    await eventually(async () => (await offered()).some(({ name }) => name.endsWith('.grown')));
    expect((await run('grown')).output).toMatchObject({ content: [{ text: 'new' }] });
  });

  test('that dies is started again, and the call it died in is tried again', async () => {
    const { run, submit: submitFor, notes } = await toolAgent(shared());
    const starts = () => notes().filter((line) => line === 'started').length;
    const before = starts();
    const { state, attempt, error } = await ended(shared(), await submitFor('exit', null, 2));
    expect({ state, attempt, code: error?.code }).toEqual({ state: 'dead', attempt: 2, code: 'mcp_server_gone' });
    expect((await run('add', { a: 1, b: 2 })).state).toBe('succeeded');
    expect(starts()).toBeGreaterThanOrEqual(before + 2);
  });
});

describe('a server that cannot be used is refused at the start', () => {
  test.each([
    ['a program that is not there', { command: ['no-such-program-of-ours'] }, /no-such-program-of-ours/],
    ['a program that says nothing of the kind', { command: ['true'] }, /cannot be used/],
    ['nobody at the address', { url: 'http://127.0.0.1:9/mcp' }, /127\.0\.0\.1:9/],
  ])('%s', async (_, target, message) => {
    const refusal = { code: 'mcp_server_unusable', message: expect.stringMatching(message) };
    await expect(createMcpTools({ target, log: quiet })).rejects.toMatchObject(refusal);
  });

  test('one without a tool that could be a capability', async () => {
    const refused = toolAgent(shared(), { tools: ['none of these'] });
    await expect(refused).rejects.toMatchObject({ code: 'mcp_server_unusable' });
  });
});

test('a server behind an address works too, with the headers it wants', async () => {
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'remote', version: '1.0.0' });
    server.registerTool('hello', {}, async () => ({ content: [{ type: 'text', text: 'over HTTP' }] }));
    return server;
  });
  const http = createServer((request, response) => {
    if (request.headers.authorization !== 'Bearer of-the-server') return void response.writeHead(401).end();
    const url = `http://${request.headers.host}${request.url}`;
    const { method } = request;
    const body = method === 'GET' ? {} : { body: Readable.toWeb(request) as ReadableStream, duplex: 'half' as const };
    const headers = new Headers(Object.entries(request.headers) as [string, string][]);
    void handler.fetch(new Request(url, { method: method!, headers, ...body })).then(async (answer) => {
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      if (answer.body) Readable.fromWeb(answer.body as never).pipe(response);
      else response.end();
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    http.close().closeAllConnections();
  });
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
  const { run } = await toolAgent(shared(), { target: { url, headers: { authorization: 'Bearer of-the-server' } } });
  expect((await run('hello')).output).toMatchObject({ content: [{ text: 'over HTTP' }] });
});
