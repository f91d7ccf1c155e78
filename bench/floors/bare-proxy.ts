import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The least a gateway can do: pass every byte on, both ways. `bare-proxy.ts <target base URL>`; prints its own. */
const target = new URL(process.argv[2]!);
const agent = new Agent({ keepAlive: true, maxSockets: 512 });

const server = createServer({ noDelay: true }, (incoming, outgoing) => {
  const { hostname, port } = target;
  const { method, headers, url: path } = incoming;
  const onward = request({ hostname, port, method, path, headers, agent }, (answer) => {
    outgoing.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
process.on('SIGTERM', () => process.exit(0));
