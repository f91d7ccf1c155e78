import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { payload, queue, type QueuePeer } from '../peer.ts';
import { startPostgres } from '../services.ts';
import { isWorker, reporter, startWorker } from '../worker-process.ts';

const batchSize = 500;
const workers = 4;

export async function start(): Promise<QueuePeer> {
  const postgres = await startPostgres();
  const url = `postgres://postgres@127.0.0.1:${postgres.port}/postgres`;
  const client = new PgBoss({
    connectionString: url,
    max: 20,
    supervise: false,
    schedule: false,
    useListenNotify: true,
  });
  await client.start();
  await client.createQueue(queue, { notify: true });
  const looker = new pg.Pool({ connectionString: url, max: 1 });
  const worker = await startWorker(import.meta.filename, { PEER_URL: url });
  return {
    name: 'pg-boss',
    about: `12.35.0 on ${postgres.version}; insert by 1000; ${workers} workers that fetch ${batchSize}, told by NOTIFY, and at once after a full batch`,
    worker,
    submit: () => client.send(queue, payload),
    submitMany: (count) =>
      client.insert(
        queue,
        Array.from({ length: count }, () => ({ data: payload })),
      ),
    async settled() {
      const open = "select count(*) as open from pgboss.job where name = $1 and state < 'completed'";
      const left = async () => Number((await looker.query<{ open: string }>(open, [queue])).rows[0]!.open);
      while ((await left()) > 0);
    },
    async stop() {
      await worker.stop();
      await client.stop({ graceful: false });
      await looker.end();
      await postgres.stop();
    },
  };
}

if (isWorker) {
  const { ready, ran } = reporter();
  const boss = new PgBoss({
    connectionString: process.env['PEER_URL']!,
    max: 20,
    supervise: false,
    schedule: false,
    useListenNotify: true,
  });
  await boss.start();
  const polling = { batchSize, localConcurrency: workers, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true };
  await boss.work(queue, polling, async (jobs: readonly unknown[]) => ran(jobs.length));
  process.on('SIGTERM', () => void boss.stop({ graceful: false }).then(() => process.exit(0)));
  ready();
}
