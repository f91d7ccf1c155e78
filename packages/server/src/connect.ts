import { createLifecycle, createLogger, installSignals, type Lifecycle, type ProcessLogger } from '@reeve/platform';
import { connectAgent, type AgentConnection, type AgentOptions } from '@reeve/sdk';
import { hubAddress } from './hub-address.ts';

/** Longest time a node or agent finishes what it has after a signal. */
const graceMs = 30_000;

export interface AgentProcess {
  readonly log: ProcessLogger;
  readonly lifecycle: Lifecycle;
  /** Aborted when the process that started this one has gone, if this one is to end with it. */
  readonly orphaned: AbortSignal;
}

export interface AgentProcessOptions {
  /** End when standard input does: a parent that holds it open takes this process with it, even when it is killed. */
  readonly endWithInput?: boolean;
}

export function startAgentProcess({ endWithInput = false }: AgentProcessOptions = {}): AgentProcess {
  const pretty = process.stdout.isTTY === true;
  const log = createLogger({ pretty });
  const lifecycle = createLifecycle({ graceMs, log });
  installSignals(lifecycle, { log });
  const orphaned = new AbortController();
  if (endWithInput) {
    process.stdin.resume().once('close', () => {
      orphaned.abort();
      void lifecycle.stop('the process that started this one has gone').then(() => process.exit(0));
    });
  }
  return { log, lifecycle, orphaned: orphaned.signal };
}

/** Runs what the process is for. Once it stops, what fails there fails because of that, and is nothing to report. */
export async function untilStopped({ lifecycle }: AgentProcess, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!lifecycle.stopping.aborted) throw error;
  }
}

interface Served extends Pick<AgentOptions, 'offer'>, Required<Pick<AgentOptions, 'handler'>> {
  /** Gets the connection once there is one: what is offered may change later. */
  readonly onConnected?: (agent: AgentConnection) => void;
}

/** Connects and serves until a signal comes: then what it has is finished, and nothing new is taken. */
export async function serveHub(
  { log, lifecycle, orphaned }: AgentProcess,
  told: { url?: string; key?: string },
  { offer, handler, onConnected }: Served,
): Promise<void> {
  const { url, apiKey } = await hubAddress(told);
  const agent = await connectAgent({
    url,
    apiKey,
    offer,
    handler,
    log,
    signal: lifecycle.stopping, // while it connects; once connected it finishes what it has
    onState: (state, facts) => log.info({ state, ...facts }, 'connection to the hub'),
  });
  onConnected?.(agent);
  orphaned.addEventListener('abort', () => void agent.stop({ drain: false }), { once: true });
  lifecycle.onStop('work', 'agent', () => agent.stop({ drain: !orphaned.aborted, drainTimeoutMs: graceMs - 5_000 }));
  const end = await agent.closed;
  if (end.kind === 'refused') throw end.error;
}
