export { alertRules } from './alerts.ts';
export { dashboards } from './dashboards.ts';
export { migrations } from './record.ts';
export { serve, serveOn } from './serve.ts';
export type { ServeComponents, Serving } from './serve.ts';
export { version } from './version.ts';
