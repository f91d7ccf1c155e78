import { makeWorkerUtils, run, Logger } from 'graphile-worker';
import { concurrency, payload, queue, type QueuePeer } from '../peer.ts';
import { startPostgres } from '../services.ts';
import { isWorker, reporter, startWorker } from '../worker-process.ts';

const silent = new Logger(() => () => {});

export async function start(): Promise<QueuePeer> {
  const postgres = await startPostgres();
  const url = `postgres://postgres@127.0.0.1:${postgres.port}/postgres`;
  const client = await makeWorkerUtils({ connectionString: url, maxPoolSize: 20, logger: silent });
  await client.migrate();
  const worker = await startWorker(import.meta.filename, { PEER_URL: url });
  return {
    name: 'graphile-worker',
    about: `0.18.0 on ${postgres.version}; addJobs by 1000; one worker, concurrency ${concurrency}, local queue of 500, completions batched`,
    worker,
    submit: () => client.addJob(queue, payload),
    submitMany: (count) => client.addJobs(Array.from({ length: count }, () => ({ identifier: queue, payload }))),
    // A completed job is deleted.
    settled: () =>
      client.withPgClient(async (pg) => {
        const left = async () =>
          Number((await pg.query<{ left: string }>('select count(*) as left from graphile_worker.jobs')).rows[0]!.left);
        while ((await left()) > 0);
      }),
    async stop() {
      await worker.stop();
      await client.release();
      await postgres.stop();
    },
  };
}

if (isWorker) {
  const { ready, ran } = reporter();
  const runner = await run({
    preset: {
      worker: {
        connectionString: process.env['PEER_URL']!,
        concurrentJobs: concurrency,
        maxPoolSize: 20,
        pollInterval: 2_000,
        localQueue: { size: 500 },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
        logger: silent,
      },
    },
    noHandleSignals: true,
    taskList: { [queue]: async () => ran() },
  });
  process.on('SIGTERM', () => void runner.stop().then(() => process.exit(0)));
  ready();
}
