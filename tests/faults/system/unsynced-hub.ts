/**
 * A hub whose database does not wait for the disk: it must fail the test that watches system calls. Composed here,
 * because no setting of the product gives durability up.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createLifecycle,
  createLogger,
  databaseUrl,
  installSignals,
  loadSystemConfiguration,
  newKeyChainText,
  openDatabase,
  parseKeyChain,
} from '@reeve/platform';
import { migrations, serveOn } from '@reeve/server';

const configuration = loadSystemConfiguration({ directory: process.cwd(), files: [] }).value;
const log = createLogger({ level: 'warn' });
const lifecycle = createLifecycle({ graceMs: configuration.shutdown.graceMs, log });
installSignals(lifecycle, { log });
const url = databaseUrl(configuration);
const keys = parseKeyChain(newKeyChainText('k1'), 'keys');
const database = await openDatabase({ url, migrations, log, keys, synchronous: 'off' });
lifecycle.onStop('storage', 'database', async () => database[Symbol.asyncDispose]());
const serving = await serveOn({ database, keys }, { configuration, log, lifecycle });
const { text } = await serving.access.ensureKey({ name: 'test', tenant: 'default', permissions: ['*'] });
writeFileSync(join(configuration.home, 'dev.json'), JSON.stringify({ url: serving.url, apiKey: text, ownerKey: text }));
