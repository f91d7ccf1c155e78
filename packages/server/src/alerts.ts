import { hubAlerts } from '@reeve/hub';
import { marketAlerts } from '@reeve/market';
import { platformAlerts, type AlertRule } from '@reeve/platform';

/** Paths whose answers wait by design. */
export const waitingRoutes = [
  '/v1/leases',
  '/v1/events',
  '/v1/tasks/{id}',
  '/v1/tasks/results',
  '/v1/chat/completions',
] as const;

/** Everything that is watched. */
export const alertRules: readonly AlertRule[] = [...hubAlerts, ...marketAlerts, ...platformAlerts({ waitingRoutes })];
