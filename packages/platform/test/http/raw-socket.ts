import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

/** A TCP client that sends exactly what it is told, whether or not that is HTTP. */
export interface RawSocket {
  readonly socket: Socket;
  send(text: string): void;
  /** Everything received until the other side closed. */
  closed(): Promise<string>;
  /** Resolves when what was received contains the text. */
  received(text: string): Promise<string>;
}

export async function rawSocket(port: number): Promise<RawSocket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let text = '';
  const news = new Set<() => void>();
  const tell = () => {
    for (const listener of news) listener();
  };
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    text += chunk;
    tell();
  });
  socket.on('error', () => socket.destroy());
  let isClosed = false;
  socket.on('close', () => {
    isClosed = true;
    tell();
  });
  const until = (holds: () => boolean) =>
    new Promise<string>((resolve) => {
      const look = () => {
        if (!holds()) return;
        news.delete(look);
        resolve(text);
      };
      news.add(look);
      look();
    });
  return {
    socket,
    send: (out) => void socket.write(out),
    closed: () => until(() => isClosed),
    received: (wanted) => until(() => text.includes(wanted) || isClosed),
  };
}

/** Status and JSON body of a response as text. */
export function parseResponse(text: string): { status: number; body: Record<string, unknown> } {
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  return { status: Number(head.split(' ')[1]), body: JSON.parse(body || '{}') as Record<string, unknown> };
}
