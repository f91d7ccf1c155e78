export * from './approvals.ts';
export { errorPage, errorsPage } from './errors-page.ts';
export { DependencyHealth, HealthDetails, healthDetails } from './health.ts';
export { knownPermissions, permissionCatalogue } from './permissions.ts';
export type { PermissionDescription } from './permissions.ts';
export { Planned } from './planned.ts';
