import { Queue, Worker } from 'bullmq';
import { concurrency, payload, queue, type QueuePeer } from '../peer.ts';
import { startRedis } from '../services.ts';
import { isWorker, reporter, startWorker } from '../worker-process.ts';

const options = { removeOnComplete: true, removeOnFail: true };

export async function start(): Promise<QueuePeer> {
  const redis = await startRedis();
  const connection = { host: '127.0.0.1', port: redis.port };
  const client = new Queue(queue, { connection });
  await client.waitUntilReady();
  const worker = await startWorker(import.meta.filename, { PEER_PORT: `${redis.port}` });
  return {
    name: 'BullMQ',
    about: `6.4.0 on Redis ${redis.version}, appendfsync always; addBulk by 1000; one worker, concurrency ${concurrency}`,
    worker,
    submit: () => client.add('task', payload, options),
    submitMany: (count) =>
      client.addBulk(Array.from({ length: count }, () => ({ name: 'task', data: payload, opts: options }))),
    settled: async () => {},
    async stop() {
      await worker.stop();
      await client.close();
      await redis.stop();
    },
  };
}

if (isWorker) {
  const { ready, ran } = reporter();
  const connection = { host: '127.0.0.1', port: Number(process.env['PEER_PORT']), maxRetriesPerRequest: null };
  const worker = new Worker(queue, async (job) => job.data as unknown, { connection, concurrency });
  worker.on('completed', () => ran());
  process.on('SIGTERM', () => void worker.close().then(() => process.exit(0)));
  await worker.waitUntilReady();
  ready();
}
