/**
 * A backend that speaks OpenAI's chat protocol over real HTTP, for tests and load: friendly by default, with every
 * fault we know from real ones on request. As a command it prints its URL and serves until it is ended:
 *
 *     node --conditions=reeve-source tests/simulators/openai-backend.ts --port 0 --tokens 64 --burst 8
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { friendly, type Behaviour } from './openai-backend/behaviour.ts';
import { Recorder, type RecordedRequest } from './openai-backend/recorder.ts';
import { serve, type Simulation } from './openai-backend/serving.ts';

export type { Behaviour } from './openai-backend/behaviour.ts';

export interface SimulatorOptions {
  /** 0, the default, takes a free port. */
  readonly port?: number;
  readonly models?: readonly string[];
  /** Requests without this key get 401. */
  readonly apiKey?: string;
  readonly behaviour?: Partial<Behaviour>;
  /** Keeps each request with its body; off for load, where memory would grow. */
  readonly record?: boolean;
}

export interface BackendSimulator extends AsyncDisposable {
  /** Base URL as a client wants it, with `/v1`. */
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  readonly stats: Readonly<Recorder['stats']>;
  /** From now on answers like this; what is not named is as in a friendly backend. */
  behave(behaviour: Partial<Behaviour>): void;
  next(what: 'request' | 'abort'): Promise<RecordedRequest>;
  close(): Promise<void>;
}

export async function startBackendSimulator(options: SimulatorOptions = {}): Promise<BackendSimulator> {
  const recorder = new Recorder(options.record ?? true);
  const simulation: Simulation = {
    models: options.models ?? ['sim-small', 'sim-large'],
    apiKey: options.apiKey,
    recorder,
    behaviour: { ...friendly, ...options.behaviour },
  };
  const server = createServer({ noDelay: true }, (request, response) => serve(simulation, request, response));
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests: recorder.requests,
    stats: recorder.stats,
    behave: (behaviour) => void (simulation.behaviour = { ...friendly, ...behaviour }),
    next: (what) => recorder.next(what),
    close,
    [Symbol.asyncDispose]: close,
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      models: { type: 'string', default: 'sim-small,sim-large' },
      tokens: { type: 'string', default: '8' },
      'interval-ms': { type: 'string', default: '0' },
      burst: { type: 'string', default: '1' },
    },
  });
  const simulator = await startBackendSimulator({
    port: Number(values.port),
    models: values.models.split(','),
    record: false,
    behaviour: {
      tokens: Number(values.tokens),
      intervalMs: Number(values['interval-ms']),
      burst: Number(values.burst),
    },
  });
  process.stdout.write(`${simulator.url}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void simulator.close());
}
