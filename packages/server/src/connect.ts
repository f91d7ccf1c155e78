import { createLifecycle, createLogger, installSignals, type Lifecycle, type ProcessLogger } from '@reeve/platform';
import { connectAgent, type AgentOptions } from '@reeve/sdk';
import { hubAddress } from './hub-address.ts';

/** Longest time a node or agent finishes what it has after a signal. */
const graceMs = 30_000;

export interface AgentProcess {
  readonly log: ProcessLogger;
  readonly lifecycle: Lifecycle;
}

export function startAgentProcess(): AgentProcess {
  const pretty = process.stdout.isTTY === true;
  const log = createLogger({ pretty });
  const lifecycle = createLifecycle({ graceMs, log });
  installSignals(lifecycle, { log });
  return { log, lifecycle };
}

type Offer = Pick<AgentOptions, 'offer'> & Required<Pick<AgentOptions, 'handler'>>;

/** Connects and serves until a signal comes: then what it has is finished, and nothing new is taken. */
export async function serveHub(
  { log, lifecycle }: AgentProcess,
  told: { url?: string; key?: string },
  { offer, handler }: Offer,
): Promise<void> {
  const { url, apiKey } = await hubAddress(told);
  const agent = await connectAgent({
    url,
    apiKey,
    offer,
    handler,
    log,
    signal: lifecycle.stopping,
    onState: (state, facts) => log.info({ state, ...facts }, 'connection to the hub'),
  });
  lifecycle.onStop('work', 'agent', () => agent.stop({ drain: true, drainTimeoutMs: graceMs - 5_000 }));
  const end = await agent.closed;
  if (end.kind === 'refused') throw end.error;
}
