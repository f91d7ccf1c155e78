import { connectAgent, type AgentConnection, type AgentOptions, type Handler } from '@reeve/sdk';
import { onTestFinished } from 'vitest';
import { defaultOffer, RawAgent, type OfferInput } from './raw-agent.ts';
import type { HubUnderTest } from './start-hub.ts';

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A real agent in this process, online when this resolves. */
export async function startAgent(
  { url, key }: Pick<HubUnderTest, 'url' | 'key'>,
  handler: Handler,
  { offer, ...more }: Partial<Omit<AgentOptions, 'offer'>> & { readonly offer?: Partial<OfferInput> } = {},
): Promise<AgentConnection> {
  const agent = await connectAgent({
    url,
    apiKey: key,
    log: quiet,
    reconnect: { initialDelayMs: 10, maxDelayMs: 50 },
    ...more,
    offer: { ...defaultOffer, name: 'kit', ...offer },
    handler,
  } as AgentOptions);
  onTestFinished(() => agent.stop({ drain: false }));
  return agent;
}

/** An agent by hand that has been welcomed. */
export async function rawAgent(
  hub: Pick<HubUnderTest, 'url' | 'key'>,
  offer: Partial<OfferInput> = {},
  resume: Parameters<RawAgent['hello']>[1] = [],
): Promise<RawAgent> {
  const agent = new RawAgent(hub.url, hub.key);
  await agent.hello(offer, resume);
  return agent;
}
