import { createServer } from 'node:net';

/** Below 32768: there no outgoing connection of somebody else can take the port while the hub is down. */
const lowest = 12_000;
const highest = 32_000;

/** A port that nobody listens on, to be used again by every start of the same hub. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
