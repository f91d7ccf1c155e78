/** The stories of `examples/`, as their READMEs tell people to run them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { capture } from '../../scripts/run.ts';
import { needs } from '../house/needs.ts';

test(
  '[HB-05 ordered] [HB-11 judged blend evidence] [LD-08 outcomes canaries] found-out: a liar is found out, what a killed agent had is done by others',
  { ...needs('minutes'), timeout: 600_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reeve-examples-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const command = ['run', '-s', 'example', '--', 'found-out', '--lines', '20000'];
    const { code, output } = await capture('npm', command, { environment: { TMPDIR: folder }, timeoutMs: 580_000 });
    expect(output).not.toContain('✗');
    expect(output.match(/✓/g)).toHaveLength(7);
    expect(code).toBe(0);
    expect(processesOf(folder)).toEqual([]);
    expect(readdirSync(folder).filter((name) => name.startsWith('reeve-'))).toEqual([]);
  },
);

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
