export type { AlertRule, AlertSeverity } from './alert-rule.ts';
export { platformAlerts } from './platform-alerts.ts';
export { prometheusRules } from './prometheus-rules.ts';
