import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A server from the distribution's packages, on a port of the loopback and with data of its own. */
export interface Service {
  readonly version: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Redis with an append-only file that is synced before each answer: what "durable" means for the others too. */
export async function startRedis(): Promise<Service> {
  const version = execFileSync('redis-server', ['--version'], { encoding: 'utf8' }).split(' ')[2]!;
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  return serve(version, (port, data) =>
    spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', data, ...durable], { stdio: 'ignore' }),
  );
}

export async function startNats(): Promise<Service> {
  const version = execFileSync('nats-server', ['--version'], { encoding: 'utf8' }).trim();
  return serve(version, (port, data) =>
    spawn('nats-server', ['-a', '127.0.0.1', '-p', `${port}`, '-js', '-sd', data], { stdio: 'ignore' }),
  );
}

/** PostgreSQL as it comes: every commit is synced. It refuses to run as root, so it runs as its own user. */
export async function startPostgres(): Promise<Service> {
  const newest = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a))[0]!;
  const program = (name: string): string => join('/usr/lib/postgresql', newest, 'bin', name);
  const identity: Partial<Identity> = process.getuid!() === 0 ? idsOf('postgres') : {};
  const start = (port: number, data: string): ChildProcess => {
    if (identity.uid !== undefined) chownSync(data, identity.uid, identity.gid!);
    const made = ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '--encoding=UTF8', '--no-locale'];
    execFileSync(program('initdb'), made, {
      stdio: 'ignore',
      ...identity,
    });
    const settings = [
      '-c',
      `unix_socket_directories=${data}`,
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'shared_buffers=256MB',
    ];
    return spawn(program('postgres'), ['-D', data, '-p', `${port}`, ...settings], { stdio: 'ignore', ...identity });
  };
  // It listens before it serves.
  const isReady = async (port: number): Promise<boolean> =>
    spawnSync(program('pg_isready'), ['-h', '127.0.0.1', '-p', `${port}`], { stdio: 'ignore' }).status === 0;
  return serve(`PostgreSQL ${newest}`, start, isReady);
}

interface Identity {
  readonly uid: number;
  readonly gid: number;
}

function idsOf(user: string): Identity {
  const id = (flag: string): number => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

async function serve(
  version: string,
  start: (port: number, data: string) => ChildProcess,
  isReady: (port: number) => Promise<boolean> = accepts,
): Promise<Service> {
  const data = mkdtempSync(join(tmpdir(), 'reeve-peer-'));
  const port = await freePort();
  const child = start(port, data);
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  await becomes(() => isReady(port), child);
  return {
    version,
    port,
    async stop() {
      child.kill('SIGINT');
      await once(child, 'exit');
      process.off('exit', end);
      rmSync(data, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Tries every few milliseconds until the server says that it is ready. */
async function becomes(isReady: () => Promise<boolean>, child: ChildProcess): Promise<void> {
  for (const endMs = performance.now() + 20_000; performance.now() < endMs && child.exitCode === null;) {
    if (await isReady()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${child.spawnfile} did not become ready`);
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const [outcome] = await Promise.allSettled([once(socket, 'connect')]);
  socket.destroy();
  return outcome.status === 'fulfilled';
}
