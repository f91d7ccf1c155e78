import { hubBusinessPanels, hubPanels } from '@reeve/hub';
import { marketBusinessPanels } from '@reeve/market';
import { platformPanels, type Dashboard } from '@reeve/platform';
import { waitingRoutes } from './alerts.ts';

/** For those who run the hub: is it well, and if not, where does it hurt? */
const operations: Dashboard = {
  name: 'operations',
  title: 'Reeve: operations',
  description: 'Rates, errors, durations, connections, resources, queue and agents.',
  rows: [...platformPanels({ waitingRoutes }), ...hubPanels],
};

/** For those whose work it does: what is done, for whom, and how well? */
const business: Dashboard = {
  name: 'business',
  title: 'Reeve: business',
  description: 'Work done and its outcome, tenants, models.',
  rows: [...hubBusinessPanels, ...marketBusinessPanels],
};

export const dashboards: readonly Dashboard[] = [operations, business];
