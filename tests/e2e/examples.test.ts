/** The stories of `examples/`, as their READMEs tell people to run them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { capture } from '../../scripts/run.ts';
import { needs } from '../house/needs.ts';

const slow = { ...needs('minutes'), timeout: 600_000 };

test(
  '[HB-05 ordered] [HB-11 judged blend evidence] [LD-08 outcomes canaries] found-out: a liar is found out, what a killed agent had is done by others',
  slow,
  () => expectToHold(['found-out', '--lines', '20000'], 7),
);

test(
  '[MK-03 selection] [LD-04 outcomes] [LD-08 outcomes] three-nodes: one is killed, one lies, and each is paid what it delivered',
  slow,
  () => expectToHold(['three-nodes'], 8),
);

/** Runs an example, in which so many things are checked, and nothing of it may be left. */
async function expectToHold(parameters: readonly string[], checks: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-examples-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const command = ['run', '-s', 'example', '--', ...parameters];
  const { code, output } = await capture('npm', command, { environment: { TMPDIR: folder }, timeoutMs: 580_000 });
  expect(output).not.toContain('✗');
  expect(output.match(/✓/g)).toHaveLength(checks);
  expect(code).toBe(0);
  expect(processesOf(folder)).toEqual([]);
  expect(readdirSync(folder).filter((name) => name.startsWith('reeve-'))).toEqual([]);
}

/** Whatever runs with this folder for its temporary files: what the example started, and what that did. */
function processesOf(folder: string): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`TMPDIR=${folder}`);
    } catch {
      return false; // it has ended
    }
  });
}
