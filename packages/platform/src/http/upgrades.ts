import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { asReeveError, NotFound, ReeveError, ShuttingDown } from '@reeve/kernel';
import { responseText } from './client-error.ts';
import { takeUpgradeKeyText } from './credentials.ts';
import { OriginNotAllowed } from './errors.ts';
import { errorHeaders } from './problem-answer.ts';
import type { UpgradeRoute } from './route.ts';
import type { HttpKit } from './kit.ts';
import { addressOf, correlationIdOf } from './visit.ts';

/** Authenticates and admits before the upgrade, so that nobody without a key gets as far as a handshake. */
export function mountUpgrades(kit: HttpKit): void {
  const { app, lifecycle } = kit;
  const routes = new Map((kit.upgrades ?? []).map((route) => [route.path, route]));

  app.server.on('upgrade', (message: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Before anything else: an error on a socket without a listener ends the process.
    socket.on('error', () => socket.destroy());
    const correlationId = correlationIdOf(message);
    const credential = takeUpgradeKeyText(message.headers);
    const upgrade = (): void => {
      const { route, caller } = admitted(kit, routes, message, { credential, correlationId });
      kit.longLived.add(socket, caller);
      route.handle(message, socket, head, caller, { correlationId, draining: lifecycle.stopping });
    };
    const refuse = (thrown: unknown): void => {
      if (!(thrown instanceof ReeveError)) kit.log.error({ correlationId, error: thrown }, 'an upgrade met a defect');
      const error = asReeveError(thrown);
      kit.httpMetrics.refused(error.code);
      socket.end(responseText(error.status, error, correlationId, errorHeaders(error)));
    };
    const recognised = credential === undefined ? undefined : kit.access.recognise(credential);
    if (recognised) return void recognised.then(upgrade).catch(refuse);
    try {
      upgrade();
    } catch (thrown) {
      refuse(thrown);
    }
  });
}

function admitted(
  { road, access, cors, http, lifecycle }: HttpKit,
  routes: ReadonlyMap<string, UpgradeRoute>,
  message: IncomingMessage,
  { credential, correlationId }: { readonly credential: string | undefined; readonly correlationId: string },
) {
  const path = (message.url ?? '').split('?', 1)[0]!;
  const route = routes.get(path);
  if (!route) throw NotFound.error('there is nothing to upgrade to at this path');
  if (lifecycle.stopping.aborted) throw ShuttingDown.error('the process is stopping', { retryAfterMs: 1_000 });
  if (!cors.allowsUpgrade(message))
    throw OriginNotAllowed.error(`pages of ${message.headers.origin} may not connect here`);
  const caller = road.admit(
    { name: route.name, access: route.access, effect: 'write' },
    {
      caller: credential === undefined ? undefined : access.authenticate(credential),
      credentialSent: credential !== undefined,
      address: addressOf(message, http.trustProxy),
      correlationId,
      signal: lifecycle.stopping,
    },
  );
  return { route, caller };
}
