/**
 * A small service for tests of the end of a process. It prints `ready`, and then each thing that happens to it.
 * Arguments: how long its work takes to drain (ms), its grace (ms), and a fault to cause by itself, if any.
 */
import { createLifecycle, installSignals } from '../../src/lifecycle/index.ts';
import { createLogger } from '../../src/log/index.ts';

const [drainMs = '0', graceMs = '5000', fault = 'none'] = process.argv.slice(2);
const log = createLogger();
const lifecycle = createLifecycle({ graceMs: Number(graceMs), log });
installSignals(lifecycle, { log });
// Keeps the process alive as an open port would.
const port = setInterval(() => undefined, 1_000);

lifecycle.onStop('intake', 'port', () => clearInterval(port));
lifecycle.onStop('work', 'tasks', async () => {
  await new Promise((resolve) => setTimeout(resolve, Number(drainMs)));
  log.info({}, 'work drained');
});
lifecycle.onStop('storage', 'database', () => log.info({}, 'storage closed'));
log.info({}, 'ready');

if (fault === 'exception') setTimeout(() => void JSON.parse('{'), 10);
if (fault === 'rejection') void Promise.reject(new Error('nobody waits for this'));
if (fault === 'broken-output') setInterval(() => process.stdout.write('to nobody\n'), 5);
