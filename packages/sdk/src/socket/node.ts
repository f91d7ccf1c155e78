import { agentProtocol } from '@reeve/hub/api';
import { WebSocket } from 'ws';
import type { OpenSocket, SocketEvents } from './port.ts';

/** Over `ws`: the key travels in the Authorization header. Compression is off, for it costs more than loopback or LAN. */
export const openSocket: OpenSocket = (url, apiKey, events) => {
  const socket = new WebSocket(url, agentProtocol.subprotocol, {
    headers: { authorization: `Bearer ${apiKey}` },
    perMessageDeflate: false,
    maxPayload: agentProtocol.maxMessageBytes,
    handshakeTimeout: 10_000,
  });
  listen(socket, events);
  return {
    send: (text) => socket.send(text),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
};

function listen(socket: WebSocket, events: SocketEvents): void {
  let httpStatus: number | undefined;
  let failure = '';
  socket.on('open', () => events.open());
  socket.on('message', (data, isBinary) => {
    if (isBinary) socket.close(4400, 'the agent protocol is text');
    else events.message((data as Buffer).toString());
  });
  socket.on('unexpected-response', (request, response) => {
    httpStatus = response.statusCode;
    failure = `the upgrade was answered with status ${httpStatus}`;
    response.resume();
    request.destroy();
    socket.terminate();
  });
  socket.on('error', (error) => (failure ||= error.message || String((error as NodeJS.ErrnoException).code)));
  socket.on('close', (code, reason) => events.close(code, reason.toString() || failure, httpStatus));
}

/** Runs `task` after what the event loop has at hand now, so that frames of one turn travel in one message. */
export const defer: (task: () => void) => void = setImmediate;
