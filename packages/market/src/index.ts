export { createMarket } from './market.ts';
export type { Market } from './market.ts';
export type { GatewayComponents, GatewaySettings } from './gateway/components.ts';
export { createGatewayMetrics } from './gateway/metrics.ts';
export type { GatewayMetrics } from './gateway/metrics.ts';
