/** How an installation in production begins: its keys, and the credential of the first owner. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Api } from '../faults/system/api.ts';
import type { Child } from '../faults/system/child.ts';
import { HubHome } from '../faults/system/hub-process.ts';

/** A machine may be busy. */
const patience = { timeout: 60_000 };

interface Login {
  readonly accessToken: string;
  readonly mustReplacePassword: boolean;
}

/** Settings of a production whose keys are in files of their own. */
function productionSettings(tokenKey = randomBytes(32)): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-secrets-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const chainOf = (key: Buffer): string => `k1:${key.toString('base64')}\n`;
  const files = {
    ENCRYPTION_KEYS_FILE: chainOf(randomBytes(32)),
    TOKENS_KEYS_FILE: chainOf(tokenKey),
    AUDIT_SIGNING_KEY_FILE: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
  const paths = Object.entries(files).map(([name, text]) => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return [name, path];
  });
  return { ENV: 'production', ...Object.fromEntries(paths) };
}

async function serving(hub: Child): Promise<void> {
  await expect.poll(() => hub.exit ?? hub.output, { timeout: 20_000, interval: 20 }).toContain('"serving"');
}

function passwordIn(hub: Child): string | undefined {
  return /replace it:\n\n {2}(\S+)\n/.exec(hub.output)?.[1];
}

async function logIn(home: HubHome, password: string): Promise<{ status: number; body: Login }> {
  const response = await fetch(`${home.url}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'owner', password }),
  });
  return { status: response.status, body: (await response.json()) as Login };
}

test(
  '[FD-04 passwords] the credential of the first owner is printed beside the log, and permits nothing but to be replaced',
  patience,
  async () => {
    await using home = await HubHome.create({ settings: productionSettings() });
    const hub = home.spawn();
    await serving(hub);
    const given = passwordIn(hub)!;
    expect(hub.output.split(given), 'nowhere else').toHaveLength(2);
    const { body } = await logIn(home, given);
    expect(body.mustReplacePassword).toBe(true);
    const owner = new Api(home.url, body.accessToken);
    expect((await owner.send('POST', '/v1/tasks', { requires: [{ name: 'x' }], input: 1 })).status).toBe(403);
    const newPassword = 'a password of my own';
    expect((await owner.send('POST', '/v1/users/password', { password: given, newPassword })).status).toBe(200);
    expect((await owner.send('GET', '/v1/users')).status).toBe(200);
  },
);

test('[FD-04 signing] a weak key is refused at the start', async () => {
  await using home = await HubHome.create({ settings: productionSettings(randomBytes(24)) });
  const hub = home.spawn();
  expect((await hub.exited).code).toBe(2);
  expect(hub.output).toContain('tokens.keys, line 1: the key k1 has 192 bits; it must have 256');
});
