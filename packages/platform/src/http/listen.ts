import type { FastifyInstance } from 'fastify';
import { CannotListen, PortInUse } from './errors.ts';
import { holderOfPort } from './port-holder.ts';

/** @throws PortInUse with who holds it, as far as the system tells; CannotListen */
export async function listenOn(
  app: FastifyInstance,
  scheme: 'http' | 'https',
  address: { host: string; port: number },
): Promise<string> {
  try {
    await app.listen(address);
  } catch (error) {
    throw await explained(error as NodeJS.ErrnoException, address);
  }
  const bound = app.server.address();
  const port = typeof bound === 'object' && bound ? bound.port : address.port;
  return `${scheme}://${address.host.includes(':') ? `[${address.host}]` : address.host}:${port}`;
}

async function explained(error: NodeJS.ErrnoException, { host, port }: { host: string; port: number }) {
  if (error.code !== 'EADDRINUSE')
    return CannotListen.error(`cannot listen on ${host}:${port}: ${error.message}`, { cause: error });
  const holder = await holderOfPort(port);
  const by = holder ? `process ${holder.pid} (${holder.command})` : 'another process';
  const free = holder ? `stop it (kill ${holder.pid})` : 'stop it';
  return PortInUse.error(
    `port ${port} on ${host} is taken by ${by}; ${free}, or choose another port with REEVE_PORT=${port + 1}`,
    { details: { host, port, ...(holder && { pid: holder.pid, command: holder.command }) } },
  );
}
