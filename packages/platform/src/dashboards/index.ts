export type { Dashboard, PanelRow } from './dashboard.ts';
export { grafanaDashboard } from './grafana.ts';
export { platformPanels } from './platform-panels.ts';
