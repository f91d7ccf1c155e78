import type { BackupProgress } from '@reeve/platform';

/** Says on standard error how far a step is: at each tenth. */
export function printShares(): (progress: BackupProgress) => void {
  let last = '';
  return ({ step, share }) => {
    const line = `  ${step.padEnd(12)}${String(Math.floor(share * 10) * 10).padStart(3)} %`;
    if (line !== last) process.stderr.write(`${line}\n`);
    last = line;
  };
}
