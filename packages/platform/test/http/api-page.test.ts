import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { needs } from '../../../../tests/house/needs.ts';
import { startServer, type TestServer } from './start-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const parts = ['/docs', '/docs/page.css', '/docs/page.js'];

test('[FD-13 api] the page of the API comes whole from this server, and its policy lets in nothing else', async () => {
  for (const path of parts) {
    const response = await fetch(server.url + path);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const policy = response.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:/);
    const text = await response.text();
    expect(text.match(/https?:\/\//g)).toBeNull(); // nothing from elsewhere
    expect(text.match(/\bstyle=|\son\w+=|<style|<script(?![^>]+src=)/g)).toBeNull(); // nothing inline
    expect(text).not.toMatch(/innerHTML|insertAdjacentHTML|localStorage|sessionStorage|document\.cookie/);
  }
});

test('[FD-13 api] a browser shows every operation of the server', needs('chromium'), async () => {
  const profile = mkdtempSync(join(tmpdir(), 'reeve-chromium-'));
  onTestFinished(() => rmSync(profile, { recursive: true, force: true }));
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    `--user-data-dir=${profile}`,
    '--enable-logging=stderr',
  ];
  const page = `${server.url}/docs#health.details`;
  const { stdout, stderr } = await promisify(execFile)(
    'chromium',
    [...flags, '--virtual-time-budget=10000', '--dump-dom', page],
    { timeout: 60_000, maxBuffer: 16 * 1024 * 1024 },
  );
  const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as { paths: Record<string, object> };
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods) as { operationId: string }[]);
  expect(operations.length).toBeGreaterThan(0);
  for (const { operationId } of operations) expect(stdout).toContain(`id="${operationId}"`);
  expect(stdout).toContain(`${operations.length} operations`);
  expect(stdout).toMatch(/<details[^>]+id="health\.details"[^>]* open/); // a link leads to its operation
  expect(stdout).toContain('Try it');
  expect(stderr).not.toMatch(/Content Security Policy|Uncaught/);
});
