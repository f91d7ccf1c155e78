import { NotFound } from '@reeve/kernel';
import { grafanaDashboard } from '@reeve/platform';
import { dashboards } from '../dashboards.ts';

export interface DashboardsOptions {
  /** Of the one to export; without it they are listed. */
  readonly name?: string;
  readonly json?: boolean;
}

/** Prints one dashboard for Grafana, or what there is. */
export async function run({ name, json = false }: DashboardsOptions): Promise<void> {
  process.stdout.write(name === undefined ? listed(json) : exported(name));
}

function exported(name: string): string {
  const found = dashboards.find((dashboard) => dashboard.name === name);
  if (found) return `${JSON.stringify(grafanaDashboard(found), undefined, 2)}\n`;
  const names = dashboards.map((dashboard) => dashboard.name).join(' and ');
  throw NotFound.error(`there is no dashboard ${name}; there are ${names}`);
}

function listed(json: boolean): string {
  if (json) return `${JSON.stringify(dashboards)}\n`;
  return dashboards
    .flatMap(({ name, description, rows }) => [
      `${name}: ${description}`,
      ...rows.map(({ title, panels }) => `  ${title}: ${panels.map((panel) => panel.title).join(', ')}`),
      '',
    ])
    .join('\n');
}
