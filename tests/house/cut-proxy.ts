import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Decides about each piece that passes: whether it still arrives, and whether the connection is cut after it. */
export type Scissors = (piece: Buffer, from: 'client' | 'server') => 'pass' | 'passAndCut' | 'cut';

/** A way to a PostgreSQL server that a test can cut at any byte; what was cut can be made anew. */
export class CutProxy {
  scissors: Scissors = () => 'pass';
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async before(port: number): Promise<CutProxy> {
    const server = createServer();
    const proxy = new CutProxy(server);
    const sockets = new Set<Socket>();
    server.on('connection', (client) => {
      const behind = connect(port, '127.0.0.1');
      for (const socket of [client, behind]) sockets.add(socket.on('error', () => {}));
      proxy.#join(client, behind);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    return proxy;
  }

  /** The URL by which a database behind the proxy is reached. */
  url(direct: string): string {
    const url = new URL(direct);
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  #join(client: Socket, behind: Socket): void {
    const cut = (): void => {
      client.destroy();
      behind.destroy();
    };
    client.on('data', (piece: Buffer) => this.#carry(piece, 'client', behind, cut));
    behind.on('data', (piece: Buffer) => this.#carry(piece, 'server', client, cut));
    client.on('close', () => behind.destroy());
    behind.on('close', () => client.destroy());
  }

  #carry(piece: Buffer, from: 'client' | 'server', to: Socket, cut: () => void): void {
    const decision = this.scissors(piece, from);
    if (decision === 'pass') to.write(piece);
    else if (decision === 'cut') cut();
    else to.write(piece, cut);
  }
}
