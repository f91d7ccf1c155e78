/** A real MCP server of the official package, over standard input and output; some of its tools misbehave. */
import { appendFileSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });

/** Where it notes its starts and aborted calls. */
const note = (line: string): void => appendFileSync(process.argv[2]!, `${line}\n`);

function createServer(): McpServer {
  const server = new McpServer({ name: 'test tools', version: '1.0.0' });
  server.registerTool('add', { inputSchema: z.object({ a: z.number(), b: z.number() }) }, async ({ a, b }) =>
    text(String(a + b)),
  );
  server.registerTool('environment', {}, async () => text(JSON.stringify(process.env)));
  server.registerTool('fail', { inputSchema: z.object({ why: z.string() }) }, async ({ why }) => ({
    ...text(why),
    isError: true,
  }));
  server.registerTool('steps', {}, async (context) => {
    const { _meta, notify, signal } = context.mcpReq;
    const progressToken = _meta?.progressToken;
    if (progressToken !== undefined)
      await notify({ method: 'notifications/progress', params: { progressToken, progress: 1, total: 2 } });
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    note('aborted');
    return text('never seen');
  });
  server.registerTool('exit', {}, () => process.exit(7));
  server.registerTool('grow', {}, async () => {
    server.registerTool('grown', {}, async () => text('new'));
    return text('grew');
  });
  server.registerTool('with a space', {}, async () => text('no capability can have this name'));
  return server;
}

note('started');
console.error('the server says something');
serveStdio(createServer);
