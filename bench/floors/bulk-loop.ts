import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket, WebSocketServer } from 'ws';

/**
 * The least that a durable queue has to do: insert a batch (one commit, synchronous FULL), hand it over a WebSocket to
 * another process, take the results, update (a second commit). No matching, no leases, no checks, no HTTP.
 */
export interface BulkFloor {
  /** Tasks per second over `count` tasks in batches of `batchSize`. */
  run(count: number, batchSize: number): Promise<number>;
  stop(): Promise<void>;
}

export async function startBulkFloor(): Promise<BulkFloor> {
  const home = mkdtempSync(join(tmpdir(), 'reeve-floor-'));
  const database = openTasks(join(home, 'floor.db'));
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(server, 'listening');
  const worker = fork(import.meta.filename, ['worker', String((server.address() as { port: number }).port)], {
    execArgv: process.execArgv,
  });
  const [socket] = (await once(server, 'connection')) as [WebSocket];
  return {
    run: (count, batchSize) => runLoop(database, socket, count, batchSize),
    async stop() {
      socket.close();
      server.close();
      worker.kill();
      await once(worker, 'exit');
      database.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function openTasks(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL');
  database.exec('CREATE TABLE tasks (seq INTEGER PRIMARY KEY, state TEXT, input TEXT, output TEXT)');
  return database;
}

async function runLoop(database: DatabaseSync, socket: WebSocket, count: number, batchSize: number): Promise<number> {
  const insert = database.prepare("INSERT INTO tasks (state, input) VALUES ('queued', ?) RETURNING seq");
  const update = database.prepare("UPDATE tasks SET state = 'done', output = ? WHERE seq = ?");
  const input = JSON.stringify({ n: 1 });
  const startedMs = performance.now();
  for (let done = 0; done < count; done += batchSize) {
    database.exec('BEGIN');
    const tasks = Array.from({ length: batchSize }, () => ({
      seq: insert.get(input)!['seq'] as number,
      input: { n: 1 },
    }));
    database.exec('COMMIT');
    socket.send(JSON.stringify(tasks));
    const [message] = (await once(socket, 'message')) as [Buffer];
    const results = JSON.parse(message.toString()) as { seq: number; output: unknown }[];
    database.exec('BEGIN');
    for (const { seq, output } of results) update.run(JSON.stringify(output), seq);
    database.exec('COMMIT');
  }
  return (count * 1_000) / (performance.now() - startedMs);
}

function work(port: string): void {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  socket.on('message', (message: Buffer) => {
    const tasks = JSON.parse(message.toString()) as { seq: number; input: unknown }[];
    socket.send(JSON.stringify(tasks.map(({ seq, input }) => ({ seq, output: input }))));
  });
  socket.on('close', () => process.exit(0));
}

if (process.argv[2] === 'worker') work(process.argv[3]!);
