/**
 * `npm run simulate -- [--seeds 20] [--seconds 30] [--from 1]`   that many seeds, within that time altogether
 * `npm run simulate -- --minutes 60 [--seconds 5] [--from 1]`    one seed after the other for that time
 * `npm run simulate -- --seed 17 [--seconds 5]`                  one seed, as often as one likes
 * `--database postgres` in addition: on a private server that is started for it
 * `--write` in addition: keeps the summary in `tests/simulation/results`, from the first seed on
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
import { describeSummary, SummaryOfSeeds, writeSummary } from './summary.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    minutes: { type: 'string' },
    seconds: { type: 'string' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    database: { type: 'string', default: 'sqlite' },
    write: { type: 'boolean', default: false },
  },
});

const single = values.seed !== undefined;
const from = Number(values.seed ?? values.from);
const minutes = values.minutes === undefined ? Infinity : Number(values.minutes);
const count = single ? 1 : Number(values.seeds ?? (minutes === Infinity ? 10 : Infinity));
/** Start, settling and reckoning take about this long beside the storm. */
const overheadSeconds = 4;
const eachInTurn = single || minutes !== Infinity;
const secondsEach = eachInTurn
  ? Number(values.seconds ?? 5)
  : Math.max(1, Number(values.seconds ?? count * 8) / count - overheadSeconds);

process.exitCode = await main();

async function main(): Promise<number> {
  const cluster = values.database === 'postgres' ? await PostgresCluster.start() : undefined;
  const all = new SummaryOfSeeds({ database: cluster ? 'postgres' : 'sqlite', from, secondsEach });
  for (let seed = from; seed < from + count && all.minutes < minutes; seed++) {
    const place = cluster ? await onServer(cluster) : inFile;
    const outcome = await simulate(seed, Math.round(secondsEach * 10) / 10, place);
    all.add(outcome);
    if (outcome.violations.length === 0) await place.remove();
    process.stdout.write(`${describeOutcome(outcome, { timelines: single })}\n`);
    if (values.write) writeSummary(all.summary);
  }
  await cluster?.stop();
  process.stdout.write(`${describeSummary(all.summary)}\n`);
  return all.summary.failedSeeds.length === 0 ? 0 : 1;
}
