/**
 * What some tests need and npm cannot bring. A test states its need beside its name:
 *
 *     test('[HB-08] nothing is acknowledged before it is on disk', needs('strace'), async () => { … });
 *     test('…', { ...needs('strace', 'minutes'), timeout: 300_000 }, async () => { … });
 *
 * `npm test` skips such tests and says so at its end; `npm run test:all` includes all of them and refuses to begin
 * while something is missing. A skipped test proves no requirement.
 *
 * To add a need, add a line here: tests, commands and the gate (`.ci/run`) take it from this table.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { coveredLines } from './coverage-report.ts';
import { postgresPrograms } from './postgres-programs.ts';

interface Needed {
  /** What the tests do with it: printed when they are skipped. */
  readonly why: string;
  /** How a person gets it. */
  readonly how: string;
  /** Debian package that the gate installs when `present` is false. */
  readonly debian?: string;
  readonly present: () => boolean;
}

export const NEEDED = {
  strace: {
    why: 'traces of system calls: what is on disk before it is acknowledged',
    how: 'apt-get install strace',
    debian: 'strace',
    present: () => onPath('strace'),
  },
  coverage: {
    why: 'what of the sources the tests run, from the run before',
    how: 'npm test -- --coverage',
    present: () => coveredLines() !== undefined,
  },
  tmpfs: {
    why: 'a file system of a few megabytes that really runs full',
    how: 'run as root on Linux, where mounting is permitted',
    present: canMount,
  },
  curl: {
    why: 'the shell scripts in the documents',
    how: 'apt-get install curl jq',
    debian: 'curl jq',
    present: () => onPath('curl') && onPath('jq'),
  },
  postgres: {
    why: 'the other database: everything that is promised on SQLite, on a server of the tests’ own',
    how: 'apt-get install postgresql; as root its programs run as the user postgres',
    debian: 'postgresql',
    present: () => postgresPrograms() !== undefined && onPath('setpriv'),
  },
  promtool: {
    why: 'alert rules: that Prometheus takes them, and that each fires when it should and only then',
    how: 'apt-get install prometheus',
    debian: 'prometheus',
    present: () => onPath('promtool'),
  },
  chromium: {
    why: 'the page of the API in a real browser',
    how: 'apt-get install chromium',
    debian: 'chromium',
    present: () => onPath('chromium'),
  },
  minutes: {
    why: 'long runs: many seeds, many kills',
    how: 'nothing but patience',
    present: () => true,
  },
} as const satisfies Record<string, Needed>;

export type Need = keyof typeof NEEDED;

const ALL = Object.keys(NEEDED) as Need[];

declare module 'vitest' {
  interface TaskMeta {
    needs?: readonly Need[];
  }
}

/** Needs included in this run: `REEVE_TEST_WITH=all`, or a list such as `strace,minutes`. */
export function isIncluded(need: Need): boolean {
  const included = (process.env['REEVE_TEST_WITH'] ?? '').split(',');
  return included.includes('all') || included.includes(need);
}

export function missing(): Need[] {
  return ALL.filter((need) => !NEEDED[need].present());
}

export function present(): Need[] {
  return ALL.filter((need) => NEEDED[need].present());
}

/**
 * Options for a test (or `describe`) that needs these.
 * @throws when a need is included in this run but absent: such a test must not pass for an excuse.
 */
export function needs(...names: Need[]): { skip: boolean; meta: { needs: Need[] } } {
  const included = names.every(isIncluded);
  const absent = included ? names.filter((name) => !NEEDED[name].present()) : [];
  if (absent.length > 0) throw new Error(absent.map((name) => `${name} is missing: ${NEEDED[name].how}`).join('; '));
  return { skip: !included, meta: { needs: names } };
}

function onPath(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return [...folders, '/usr/sbin', '/sbin'].some((folder) => isExecutable(join(folder, program)));
}

/** Being root is not enough in a container: so it is tried. */
function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'reeve-mount-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status === 0;
  if (mounted) spawnSync('umount', [folder]);
  rmdirSync(folder);
  return mounted;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
