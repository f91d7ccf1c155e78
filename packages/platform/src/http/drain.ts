import type { HttpKit } from './kit.ts';

/**
 * The end of the server. Intake: no new connection is accepted, idle ones are closed, what comes over an open one is
 * refused with `shutting_down` (from `lifecycle.stopping` on), streams learn it by `visit.draining`, and every answer
 * closes its connection. Work: requests under way get `drainMs` to end, while agents are still there to answer them.
 * Connections: then everything is closed.
 */
export function drainOnStop(kit: HttpKit): void {
  const { app, lifecycle, http, underWay, log, longLived } = kit;
  const stopCutting = cutStalledAnswers(kit);
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
    stopCutting();
    await longLived.end(http.drainMs);
    app.server.closeAllConnections();
    await app.close();
  });
}

function cutStalledAnswers({ underWay, clock, http, httpMetrics }: HttpKit): () => void {
  const look = () => {
    const cut = underWay.cutStalled(clock.monotonicMs(), http.answerTimeoutMs);
    for (let count = 0; count < cut; count++) httpMetrics.refused('answer_not_taken');
  };
  const timer = setInterval(look, Math.min(5_000, http.answerTimeoutMs)).unref();
  return () => clearInterval(timer);
}
