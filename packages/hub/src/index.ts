export { hubSealedColumns } from './store/payloads.ts';
export { createHub } from './hub.ts';
export type { Hub, OnlineCapability } from './hub.ts';
export type { HubComponents, HubSettings } from './components.ts';
export type { AttachedRequest, AttachedTask } from './services/attached-tasks.ts';
export { createHubMetrics } from './metrics.ts';
export type { HubMetrics } from './metrics.ts';
export { hubMigrations } from './migrations/index.ts';
export { TaskCancelled, TaskDead, TaskExpired, UnknownCapability } from './errors.ts';
