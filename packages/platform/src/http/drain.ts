import type { HttpKit } from './kit.ts';

/**
 * The end of the server. Intake: no new connection is accepted, idle ones are closed, what comes over an open one is
 * refused with `shutting_down` (from `lifecycle.stopping` on), streams learn it by `visit.draining`, and every answer
 * closes its connection. Connections: requests under way get `drainMs` to end; then everything is closed.
 */
export function drainOnStop({ app, lifecycle, http, httpMetrics, log }: HttpKit): void {
  let closed: Promise<void> | undefined;
  lifecycle.onStop('intake', 'http listener', () => {
    closed = new Promise((resolve) => {
      if (app.server.listening) app.server.close(() => resolve());
      else resolve();
    });
    app.server.closeIdleConnections();
  });
  lifecycle.onStop('connections', 'http requests', async () => {
    const timer = Promise.withResolvers<'late'>();
    const timeout = setTimeout(() => timer.resolve('late'), http.drainMs);
    const ended = await Promise.race([closed, timer.promise]);
    clearTimeout(timeout);
    if (ended === 'late') log.warn({ underWay: httpMetrics.underWay }, 'requests did not end in time and were cut off');
    app.server.closeAllConnections();
    await app.close();
  });
}
