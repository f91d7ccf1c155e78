import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { payload, queue, type QueuePeer } from '../peer.ts';
import { startNats } from '../services.ts';
import { isWorker, reporter, startWorker } from '../worker-process.ts';

const text = JSON.stringify(payload);
const stream = { name: queue, subjects: [queue], retention: RetentionPolicy.Workqueue, storage: StorageType.File };

export async function start(): Promise<QueuePeer> {
  const server = await startNats();
  const connection = await connect({ port: server.port });
  const manager = await jetstreamManager(connection);
  await manager.streams.add(stream);
  await manager.consumers.add(queue, { durable_name: queue, ack_policy: AckPolicy.Explicit, max_ack_pending: 5_000 });
  const client = jetstream(connection);
  const worker = await startWorker(import.meta.filename, { PEER_PORT: `${server.port}` });
  return {
    name: 'NATS JetStream',
    about: `${server.version}, work queue in a file, synced by the server every 2 min and not before it acknowledges; publishes by 1000; one consumer, every result acknowledged by the server`,
    worker,
    submit: () => client.publish(queue, text),
    submitMany: (count) => Promise.all(Array.from({ length: count }, () => client.publish(queue, text))),
    settled: async () => {},
    async stop() {
      await worker.stop();
      await connection.close();
      await server.stop();
    },
  };
}

if (isWorker) {
  const { ready, ran } = reporter();
  const connection = await connect({ port: Number(process.env['PEER_PORT']) });
  const consumer = await jetstream(connection).consumers.get(queue, queue);
  const messages = await consumer.consume({
    max_messages: 1_000,
    callback: (message) => {
      JSON.parse(message.string());
      void message.ackAck().then(() => ran());
    },
  });
  process.on(
    'SIGTERM',
    () =>
      void messages
        .close()
        .then(() => connection.close())
        .then(() => process.exit(0)),
  );
  ready();
}
