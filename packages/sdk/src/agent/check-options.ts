import { AgentOffer, agentProtocol, type Handler } from '@reeve/hub/api';
import { InvalidInput, type ReeveError } from '@reeve/kernel';
import type { AgentOptions } from './options.ts';

/** @throws ReeveError `invalid_input` when the offer is not valid, or names a capability without a handler. */
export function handlersOf(options: AgentOptions): (capability: string) => Handler | undefined {
  const offer = AgentOffer.safeParse(options.offer);
  if (!offer.success) throw offerError(offer.error.issues);
  const { handler, handlers } = options;
  if (handler !== undefined) return () => handler;
  const byName = new Map(Object.entries(handlers));
  const missing = offer.data.capabilities.filter(({ name }) => !byName.has(name)).map(({ name }) => name);
  if (missing.length > 0)
    throw InvalidInput.error(`the offer names capabilities without a handler: ${missing.join(', ')}`);
  return (capability) => byName.get(capability);
}

function offerError(issues: readonly { path: readonly PropertyKey[]; message: string }[]): ReeveError {
  const located = issues.map(({ path, message }) => ({ path: ['offer', ...path.map(asSegment)], message }));
  const list = located.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  return InvalidInput.error(`the offer is not valid: ${list}`, { issues: located });
}

function asSegment(key: PropertyKey): string | number {
  return typeof key === 'symbol' ? String(key) : key;
}

/** `http://host:4400` to `ws://host:4400/v1/agents/connect`. @throws ReeveError for what is no address. */
export function socketUrl(hubUrl: string): string {
  const base = hubUrl.replace(/\/+$/, '').replace(/^http/, 'ws');
  if (!/^wss?:\/\//.test(base) || !URL.canParse(base)) {
    throw InvalidInput.error(`${hubUrl} is not the address of a hub, such as http://127.0.0.1:4400`);
  }
  return base + agentProtocol.path;
}
