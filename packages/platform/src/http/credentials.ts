import type { IncomingHttpHeaders } from 'node:http';

/** Entry of `Sec-WebSocket-Protocol` by which a browser, which cannot set headers there, sends its key. */
const keyProtocolPrefix = 'reeve.key.';

/** The key text of `Authorization: Bearer` or `X-Api-Key`; nothing when neither was sent. */
export function keyTextOf(headers: IncomingHttpHeaders): string | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) {
    // Another scheme is a credential too, one that never holds.
    return /^bearer +/i.test(authorization) ? authorization.slice(authorization.indexOf(' ')).trim() : authorization;
  }
  const apiKey = headers['x-api-key'];
  return Array.isArray(apiKey) ? apiKey[0] : apiKey;
}

/**
 * The key text of a WebSocket upgrade: as above, or the subprotocol `reeve.key.<key>`, which is taken out of the
 * headers so that no handler can answer with it.
 */
export function takeUpgradeKeyText(headers: IncomingHttpHeaders): string | undefined {
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((entry) => entry.trim());
  const carrier = protocols.find((entry) => entry.startsWith(keyProtocolPrefix));
  if (carrier === undefined) return keyTextOf(headers);
  const others = protocols.filter((entry) => entry !== '' && !entry.startsWith(keyProtocolPrefix));
  if (others.length > 0) headers['sec-websocket-protocol'] = others.join(', ');
  else delete headers['sec-websocket-protocol'];
  return keyTextOf(headers) ?? carrier.slice(keyProtocolPrefix.length);
}
