import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReeveError } from '@reeve/kernel';
import { onTestFinished } from 'vitest';
import {
  loadSystemConfiguration,
  type LoadedConfiguration,
  type SystemConfiguration,
  type SystemLoadOptions,
} from '../../src/config/index.ts';

/** A working directory with these files; it is removed when the test is over. */
export function directoryWith(files: Readonly<Record<string, string>> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'reeve-config-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content, { mode: 0o600 });
  return directory;
}

const secrets = mkdtempSync(join(tmpdir(), 'reeve-config-secrets-'));
process.on('exit', () => rmSync(secrets, { recursive: true }));

/** The keys without which production does not start, each in a file of its own. */
export const productionKeys = Object.fromEntries(
  ['REEVE_ENCRYPTION_KEYS', 'REEVE_TOKENS_KEYS', 'REEVE_AUDIT_SIGNING_KEY'].map((variable) => {
    const path = join(secrets, variable);
    writeFileSync(path, 'what is in it does not matter here', { mode: 0o600 });
    return [`${variable}_FILE`, path];
  }),
);

/** As little as production starts with. */
export const production = { REEVE_ENV: 'production', REEVE_HOME: '/var/lib/reeve', ...productionKeys };

type Given = Omit<SystemLoadOptions, 'directory'>;

/** Loads the system's configuration from these files and this environment only. */
export function load(
  files: Record<string, string> = {},
  options: Given = {},
): LoadedConfiguration<SystemConfiguration> {
  return loadSystemConfiguration({ env: {}, ...options, directory: directoryWith(files) });
}

/** The lines of the error with which loading fails, one for each fault. */
export function faultsOf(files: Record<string, string>, options: Given = {}): string[] {
  return faultLines(() => load(files, options));
}

export function faultLines(attempt: () => unknown): string[] {
  return errorOf(attempt)?.message.split('\n  ').slice(1) ?? [];
}

/** The error with which loading fails; nothing when it does not. */
export function errorOf(attempt: () => unknown): ReeveError | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (error instanceof ReeveError && error.code === 'invalid_configuration') return error;
    throw error;
  }
}
