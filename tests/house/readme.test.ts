/** What the README tells a newcomer to paste is run here, against a hub started as it says. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { capture } from '../../scripts/run.ts';

const ROOT = process.cwd();
const README = readFileSync('README.md', 'utf8');

interface Curl {
  readonly path: string;
  readonly body: string | undefined;
}

/** The `curl` commands of the shell blocks, in their order. */
function curlsIn(page: string): Curl[] {
  const commands = blocksOf(page, 'sh').join('\n').replaceAll('\\\n', ' ').split('\n');
  return commands
    .filter((line) => line.startsWith('curl '))
    .map((line) => ({ path: /127\.0\.0\.1:4400(\S*)/.exec(line)?.[1] ?? '', body: /-d '([^']+)'/.exec(line)?.[1] }));
}

function blocksOf(page: string, language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, text = '']) => text);
}

describe('the README', () => {
  let folder: string;
  let hub: ChildProcess;
  let credentials: { url: string; apiKey: string };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'reeve-readme-'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    hub = spawn(process.execPath, ['--conditions=reeve-source', join(ROOT, 'packages/server/src/main.ts'), 'up'], {
      cwd: folder,
      env: { ...process.env, REEVE_PORT: '0', REEVE_HOME: '.reeve', REEVE_ENV: 'development' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await lineWith('Reeve is up at', hub);
    credentials = JSON.parse(readFileSync(join(folder, '.reeve', 'dev.json'), 'utf8'));
    await vi.waitFor(async () => expect(await (await ask('/v1/models')).text()).toContain('"mini"'), {
      timeout: 15_000,
    });
  });

  afterAll(async () => {
    const ended = new Promise((resolve) => hub.once('exit', resolve));
    hub.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });

  test('[FD-13 readme] its curl commands are answered', async () => {
    const curls = curlsIn(README);
    expect(curls.length).toBeGreaterThanOrEqual(5);
    let id = '';
    for (const { path, body } of curls) {
      const stop = new AbortController();
      const response = await ask(path.replace('<id>', id), body, stop.signal);
      expect(response.ok, `${path}: ${response.status}`).toBe(true);
      if (path === '/v1/tasks') id = (await response.json()).id;
      stop.abort();
    }
  });

  test('[FD-13 readme] [MK-02 stream] its example with the openai package prints an answer', async () => {
    const [example = ''] = blocksOf(README, 'js');
    expect(example).toContain("from 'openai'");
    writeFileSync(join(folder, 'first.mjs'), example);
    const { code, output } = await capture(process.execPath, ['first.mjs'], { folder, timeoutMs: 15_000 });
    expect(output).toMatch(/^I am mini, a toy\b/);
    expect(code).toBe(0);
  });

  test('[FD-13 readme] names every command of package.json that it and CONTRIBUTING speak of', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    const pages = README + readFileSync('CONTRIBUTING.md', 'utf8');
    const named = [...pages.matchAll(/npm run (?:-s )?([a-z][a-z:-]*)/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  function ask(path: string, body?: string, signal?: AbortSignal): Promise<Response> {
    return fetch(credentials.url + path, {
      headers: { authorization: `Bearer ${credentials.apiKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body }),
      ...(signal === undefined ? {} : { signal }),
    });
  }
});

/** @throws when the process ends, or is silent about it, before the line comes: by the time-out of the hook. */
async function lineWith(text: string, { stdout }: ChildProcess): Promise<void> {
  if (stdout === null) throw new Error('its output is not read');
  for await (const line of createInterface({ input: stdout })) {
    if (line.includes(text)) return void stdout.resume(); // else its output would fill the pipe and stop it
  }
  throw new Error(`it ended without "${text}"`);
}
