/**
 * Private PostgreSQL clusters for tests and benches: Debian's programs, a data folder and a socket of their own below
 * a temporary folder, reachable over TCP on a port of the loopback too. They end with the process that started them,
 * however that ends. The programs refuse to run as root: then they run as the user `postgres` that Debian's package makes.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { postgresPrograms } from './postgres-programs.ts';

export interface ClusterOptions {
  /** Off: for tests that ask nothing of the disk; several times as fast where it is slow. */
  readonly fsync?: boolean;
  /** Settings of the server. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A running server. */
export class PostgresCluster {
  readonly folder: string;
  readonly port: number;
  readonly #settings: Readonly<Record<string, string>>;
  #server: ChildProcess | undefined;
  #databases = 0;

  private constructor(folder: string, port: number, { fsync = true, settings = {} }: ClusterOptions) {
    this.folder = folder;
    this.port = port;
    this.#settings = {
      listen_addresses: '127.0.0.1',
      port: String(port),
      unix_socket_directories: folder,
      ...(fsync ? {} : { fsync: 'off' }),
      ...settings,
    };
  }

  static async start(options: ClusterOptions = {}): Promise<PostgresCluster> {
    const folder = mkdtempSync(join(reachableFolder(), 'reeve-postgres-'));
    const { uid, gid } = serverUser();
    chownSync(folder, uid, gid);
    run('initdb', ['--no-sync', '--auth=trust', '--username=reeve', '--no-locale', '--encoding=UTF8', dataOf(folder)]);
    const cluster = new PostgresCluster(folder, await freePort(), options);
    process.once('exit', () => cluster.#end());
    await cluster.startServer();
    return cluster;
  }

  /** Of the server, which starts another process for each connection. */
  get processId(): number {
    return this.#server!.pid!;
  }

  /** URL of a database over TCP. */
  url(database: string): string {
    return `postgres://reeve@127.0.0.1:${this.port}/${database}`;
  }

  /** Makes an empty database, or a copy of another to which nobody is connected. @returns its URL. */
  async createDatabase(template = 'template0'): Promise<string> {
    const name = `test_${++this.#databases}`;
    await this.execute(`CREATE DATABASE ${name} TEMPLATE ${template}`);
    return this.url(name);
  }

  /** Runs statements as the superuser, in the database `postgres` when none is named. */
  async execute(sql: string, database = 'postgres'): Promise<Array<Record<string, unknown>>> {
    const client = await connectTo(this.url(database));
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** Starts the server and waits until it takes connections. */
  async startServer(): Promise<void> {
    const settings = Object.entries(this.#settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const [command, parameters] = asServerUser('postgres', ['-D', dataOf(this.folder), ...settings]);
    this.#server = spawn(command, parameters, { stdio: 'ignore', cwd: this.folder });
    for (;;) {
      const answer = spawnSync(program('pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(this.port)]);
      if (answer.status === 0) return;
      if (this.#server.exitCode !== null) throw new Error(`the server ended with ${this.#server.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends the server at once, as a power cut would: what was not synced is lost. */
  async killServer(): Promise<void> {
    const server = this.#server!;
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    this.#signal('SIGQUIT');
    await ended;
  }

  async stop(): Promise<void> {
    await this.killServer();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #end(): void {
    if (!existsSync(this.folder)) return;
    this.#signal('SIGQUIT');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** `setpriv` has become the server itself, so the child's id is the server's. */
  #signal(signal: NodeJS.Signals): void {
    this.#server?.kill(signal);
  }
}

/** A connection of the test's own. */
export async function connectTo(url: string): Promise<Client> {
  const client = new Client(url);
  client.on('error', () => {}); // the server may be killed; what is under way rejects
  await client.connect();
  return client;
}

/**
 * A temporary folder that the server's user gets to: everything above it lets others pass, which a `TMPDIR` of the one
 * who runs the tests need not.
 */
function reachableFolder(): string {
  const folder = [tmpdir(), '/tmp', '/var/tmp'].find((each) => process.getuid?.() !== 0 || letsOthersPass(each));
  if (folder === undefined)
    throw new Error('the user postgres gets to no temporary folder: tried TMPDIR, /tmp, /var/tmp');
  return folder;
}

function letsOthersPass(folder: string): boolean {
  const passable = (statSync(folder).mode & 0o001) !== 0;
  return passable && (folder === dirname(folder) || letsOthersPass(dirname(folder)));
}

function dataOf(folder: string): string {
  return join(folder, 'data');
}

function program(name: string): string {
  return join(postgresPrograms()!, name);
}

function run(name: string, parameters: readonly string[]): void {
  const [command, all] = asServerUser(name, parameters);
  const { status, stderr } = spawnSync(command, all, { encoding: 'utf8', cwd: '/' });
  if (status !== 0) throw new Error(`${name} failed: ${stderr}`);
}

/** With a signal for the server when this process dies, whatever of. */
function asServerUser(name: string, parameters: readonly string[]): [string, string[]] {
  const { uid, gid } = serverUser();
  const other = process.getuid?.() === 0 ? [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'] : [];
  return ['setpriv', [...other, '--pdeathsig=QUIT', program(name), ...parameters]];
}

function serverUser(): { uid: number; gid: number } {
  if (process.getuid?.() !== 0) return { uid: process.getuid!(), gid: process.getgid!() };
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith('postgres:'));
  if (!entry) throw new Error('there is no user postgres, as which the server could run');
  const [, , uid, gid] = entry.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
