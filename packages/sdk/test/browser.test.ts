/** The package as a browser's bundler resolves it: nothing of Node may be reached from its door. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

/** Imports the door and prints what was reached that no browser has. */
const program = `
  import { registerHooks } from 'node:module';
  const foreign = new Set();
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      if (found.url.startsWith('node:') || found.url.includes('/node_modules/ws/')) foreign.add(found.url + ' from ' + context.parentURL);
      return found;
    },
  });
  const { connectAgent, createClient } = await import('@reeve/sdk');
  createClient({ url: 'http://127.0.0.1:1' });
  console.log(JSON.stringify({ foreign: [...foreign], kit: typeof connectAgent }));
`;

test.each([
  ['a browser', ['--conditions=browser'], true],
  ['Node', [], false],
])('in %s, only Node reaches for what only Node has', (_, conditions, isBrowser) => {
  const args = ['--conditions=reeve-source', ...conditions, '--input-type=module', '-e', program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: resolve('packages/sdk'), encoding: 'utf8' });
  expect(stderr).toBe('');
  const { foreign, kit } = JSON.parse(stdout) as { foreign: string[]; kit: string };
  expect(kit).toBe('function');
  expect(foreign.length === 0).toBe(isBrowser);
});
