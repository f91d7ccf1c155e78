/**
 * `npm run simulate -- [--seeds 20] [--seconds 30] [--from 1]`   that many seeds, within that time altogether
 * `npm run simulate -- --seed 17 [--seconds 5]`                  one seed, as often as one likes
 * `--database postgres` in addition: on a private server that is started for it
 *
 * Real hub and agent processes are killed, stopped and frozen at moments that the seed decides, while clients submit and
 * chat; then everything must come to its end and be accounted for. A seed always makes the same choices. How the
 * processes interleave is the machine's affair, so a seed that failed once may have to be repeated a few times.
 */
import { parseArgs } from 'node:util';
import { describeOutcome } from './report.ts';
import { PostgresCluster } from '../house/postgres.ts';
import { inFile, onServer } from './record-place.ts';
import { simulate } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10' },
    seconds: { type: 'string' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    database: { type: 'string', default: 'sqlite' },
  },
});

const single = values.seed !== undefined;
const first = Number(values.seed ?? values.from);
const count = single ? 1 : Number(values.seeds);
/** Start, settling and reckoning take about this long beside the storm. */
const overheadSeconds = 4;
const secondsEach = single
  ? Number(values.seconds ?? 5)
  : Math.max(1, Number(values.seconds ?? count * 8) / count - overheadSeconds);

process.exitCode = await main();

async function main(): Promise<number> {
  const cluster = values.database === 'postgres' ? await PostgresCluster.start() : undefined;
  let failed = 0;
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await simulate(seed, Math.round(secondsEach * 10) / 10, cluster ? await onServer(cluster) : inFile);
    if (outcome.violations.length > 0) failed++;
    process.stdout.write(`${describeOutcome(outcome, { timelines: single })}\n`);
  }
  await cluster?.stop();
  process.stdout.write(`${count - failed} of ${count} seeds ok\n`);
  return failed === 0 ? 0 : 1;
}
