import {
  createLifecycle,
  createLogger,
  installSignals,
  isPrettyWanted,
  loadSystemConfiguration,
} from '@reeve/platform';
import { startDemoNode } from '../demo-node.ts';
import { ensureDevCredentials, devCredentialsPath } from '../dev-credentials.ts';
import { greeting, ownerGreeting } from '../greeting.ts';
import { serve } from '../serve.ts';

export interface UpOptions {
  readonly port?: number;
  readonly host?: string;
  readonly home?: string;
  /** Further configuration files, in order. */
  readonly config?: readonly string[];
  /** Whether to start the demo node; configuration decides when not given. */
  readonly demo?: boolean;
}

/** The hub with everything that is mounted on it, and in development a demo node beside it. */
export async function run(options: UpOptions): Promise<void> {
  const { config: files = [] } = options;
  const loaded = loadSystemConfiguration({ directory: process.cwd(), files, flags: flagsOf(options) });
  const configuration = loaded.value;
  const pretty = isPrettyWanted(configuration.log.pretty, configuration.environment);
  const log = createLogger({ level: configuration.log.level, pretty });
  const lifecycle = createLifecycle({ graceMs: configuration.shutdown.graceMs, log });
  installSignals(lifecycle, { log });
  for (const warning of loaded.warnings) log.warn({ warning }, 'configuration');
  lifecycle.onStop('telemetry', 'log', () => log.flush());
  try {
    const { url, access, people } = await serve({ configuration, log, lifecycle });
    if (configuration.environment !== 'development') {
      const owner = await people.ensureFirstOwner();
      if (owner) process.stdout.write(ownerGreeting(owner, url));
      return log.info({ url }, 'serving');
    }
    const credentials = await ensureDevCredentials(access, configuration.home, url);
    if (configuration.demo.enabled) await startDemoNode(credentials, configuration.home, { log, lifecycle });
    process.stdout.write(greeting(credentials, devCredentialsPath(configuration.home), configuration));
  } catch (error) {
    await lifecycle.stop('the start failed');
    throw error;
  }
}

/** What was given, by the path of its setting. */
function flagsOf({ port, host, home, demo }: UpOptions): Record<string, string | number | boolean> {
  const given = Object.entries({ port, host, home, 'demo.enabled': demo });
  return Object.fromEntries(given.flatMap(([path, value]) => (value === undefined ? [] : [[path, value]])));
}
