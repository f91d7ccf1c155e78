import type { Command } from 'commander';
import type { Session } from './session.ts';

/** `reeve alerts …` */
export function addAlerts(program: Command, session: Session): void {
  const alerts = program.command('alerts').description('what is watched, and what to do about it');
  alerts
    .command('list')
    .description('the alert rules: condition, severity, action, owner and runbook')
    .option('--json', 'as one line of JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const { alerts: print } = await import('./commands/server-roles.ts');
      session.exitCode = await print(json ? 'json' : 'text');
    });
  alerts
    .command('export')
    .description('the alert rules as a file for Prometheus')
    .addHelpText('after', '\nExample:\n  reeve alerts export > /etc/prometheus/rules/reeve.yml')
    .action(async () => {
      const { alerts: print } = await import('./commands/server-roles.ts');
      session.exitCode = await print('prometheus');
    });
}

/** `reeve dashboards …` */
export function addDashboards(program: Command, session: Session): void {
  const dashboards = program.command('dashboards').description('what is looked at, for Grafana');
  dashboards
    .command('list')
    .description('the dashboards and their panels')
    .option('--json', 'as one line of JSON, with the expressions')
    .action(async (flags: { json?: boolean }) => {
      const { dashboards: print } = await import('./commands/server-roles.ts');
      session.exitCode = await print(flags);
    });
  dashboards
    .command('export')
    .description('a dashboard as a file for Grafana')
    .argument('<name>', 'operations or business')
    .addHelpText('after', '\nExample:\n  reeve dashboards export operations > /var/lib/grafana/dashboards/reeve.json')
    .action(async (name: string) => {
      const { dashboards: print } = await import('./commands/server-roles.ts');
      session.exitCode = await print({ name });
    });
}
