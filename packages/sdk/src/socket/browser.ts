import { agentProtocol } from '@reeve/hub/api';
import type { OpenSocket } from './port.ts';

/** Over the browser's WebSocket, which can set no headers: the key travels as a second subprotocol. */
export const openSocket: OpenSocket = (url, apiKey, events) => {
  const socket = new WebSocket(url, [agentProtocol.subprotocol, agentProtocol.keySubprotocolPrefix + apiKey]);
  socket.onopen = () => events.open();
  socket.onmessage = ({ data }) => {
    if (typeof data === 'string') events.message(data);
    else socket.close(4400, 'the agent protocol is text');
  };
  socket.onclose = ({ code, reason }) => events.close(code, reason);
  return {
    send: (text) => socket.send(text),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.close(),
  };
};

/** Runs `task` after what is at hand now; a timer would be throttled in background tabs. */
export const defer: (task: () => void) => void = queueMicrotask;
