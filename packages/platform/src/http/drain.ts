import type { HttpKit } from './kit.ts';

/**
 * The end of the server. Intake: no new connection is accepted, idle ones are closed, what comes over an open one is
 * refused with `shutting_down` (from `lifecycle.stopping` on), streams learn it by `visit.draining`, and every answer
 * closes its connection. Work: requests under way get `drainMs` to end, while agents are still there to answer them.
 * Connections: then everything is closed.
 */
export function drainOnStop({ app, lifecycle, http, underWay, log, longLived }: HttpKit): void {
  lifecycle.onStop('intake', 'http listener', () => {
    app.server.close();
    app.server.closeIdleConnections();
  });
  lifecycle.onStop('work', 'http requests', async () => {
    const allEnded = await underWay.none(http.drainMs);
    if (!allEnded) log.warn({ requests: underWay.count }, 'requests did not end in time and are cut off');
  });
  lifecycle.onStop('connections', 'http connections', async () => {
    // Modules say goodbye to their sockets themselves; what is still open then is cut.
    await longLived.end(http.drainMs);
    app.server.closeAllConnections();
    await app.close();
  });
}
