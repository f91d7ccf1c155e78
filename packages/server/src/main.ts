import { inspect } from 'node:util';
import { InvalidInput, ReeveError } from '@reeve/kernel';

/**
 * The processes of the system: `main.ts <role> [options as JSON]`. The command line parses what people write and starts
 * these; `npm start` starts `up` directly. Each role is loaded only when it is wanted.
 */
const roles: Record<string, () => Promise<{ run(options: never): Promise<void> }>> = {
  up: () => import('./roles/up.ts'),
  node: () => import('./roles/node.ts'),
  'node-bench': () => import('./roles/node-bench.ts'),
  agent: () => import('./roles/agent.ts'),
  handlers: () => import('./roles/handlers.ts'),
  mcp: () => import('./roles/mcp.ts'),
  alerts: () => import('./roles/alerts.ts'),
  dashboards: () => import('./roles/dashboards.ts'),
  config: () => import('./roles/config.ts'),
  'db-backup': () => import('./roles/db-backup.ts'),
  'db-restore': () => import('./roles/db-restore.ts'),
  'receipts-verify': () => import('./roles/receipts-verify.ts'),
  'pricing-simulate': () => import('./roles/pricing-simulate.ts'),
  'db-move': () => import('./roles/db-move.ts'),
};

async function main([name = 'up', optionsText = '{}']: string[]): Promise<void> {
  const role = roles[name];
  if (!role) throw InvalidInput.error(`there is no role ${name}; it is one of ${Object.keys(roles).join(', ')}`);
  await (await role()).run(JSON.parse(optionsText) as never);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const known = error instanceof ReeveError;
  process.stderr.write(`reeve: ${known ? error.message : inspect(error)}\n`);
  process.exit(known ? error.kind.exitCode : 1);
});
