import type { QueuePeer } from './peer.ts';
import { startOn } from './reeve.ts';
import { startPostgres } from './services.ts';

/** The hub with its record on a server, as the peers that need one have it. */
export async function start(): Promise<QueuePeer> {
  const postgres = await startPostgres();
  const url = `postgres://postgres@127.0.0.1:${postgres.port}/postgres`;
  const peer = await startOn('reeve (PostgreSQL)', `${postgres.version}, every commit synced`, {
    REEVE_DATABASE_URL: url,
  });
  return {
    ...peer,
    async stop() {
      await peer.stop();
      await postgres.stop();
    },
  };
}
