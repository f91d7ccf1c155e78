import { nearestNames, permits, type Permission } from '@reeve/kernel';

/** One thing a key may be allowed to do. */
export interface PermissionDescription {
  readonly name: Permission;
  readonly meaning: string;
  /** A person uses it only shortly after a code of the authenticator: it gives rights to others, or takes them. */
  readonly stepUp?: true;
}

/**
 * The permissions of the system. `<domain>:*` covers a domain, `*` everything. A permission that is not in this list
 * cannot be given to a key, and an operation that asks for one is refused at start.
 */
export const permissionCatalogue: readonly PermissionDescription[] = [
  { name: 'tasks:read', meaning: 'See tasks, their results and why an agent got them' },
  { name: 'tasks:write', meaning: 'Submit, cancel and replay tasks' },
  { name: 'agents:read', meaning: 'See agents and what they can do' },
  { name: 'agents:write', meaning: 'Register, change, pause, drain and remove agents' },
  { name: 'agents:connect', meaning: 'Connect as an agent and run tasks under leases' },
  { name: 'events:read', meaning: 'Read and follow the event log' },
  { name: 'keys:read', meaning: 'See API keys, never their secrets' },
  {
    name: 'keys:write',
    meaning: 'Create and revoke API keys, with at most one’s own permissions',
    stepUp: true,
  },
  { name: 'self:use', meaning: 'Use one’s own login: step up, enrol an authenticator, change the password, log out' },
  { name: 'users:read', meaning: 'See the people who can log in' },
  { name: 'users:write', meaning: 'Create and disable people, with at most one’s own permissions', stepUp: true },
  { name: 'audit:read', meaning: 'Read the audit log and verify its chain' },
  { name: 'audit:write', meaning: 'Sign and export where the audit chain is' },
  { name: 'encryption:read', meaning: 'See which keys seal what is stored, never the keys' },
  { name: 'encryption:write', meaning: 'Seal what is stored under the active key', stepUp: true },
  { name: 'approvals:read', meaning: 'See what waits for consent' },
  { name: 'approvals:give', meaning: 'Give and withdraw consent to planned effects', stepUp: true },
  { name: 'models:read', meaning: 'List the models that nodes offer' },
  { name: 'chat:use', meaning: 'Send requests to models' },
  { name: 'offers:read', meaning: 'See what nodes offer at which price' },
  { name: 'offers:write', meaning: 'Publish and withdraw offers of a node' },
  { name: 'budgets:read', meaning: 'See what keys and tenants may spend, and what they have spent' },
  { name: 'budgets:write', meaning: 'Set and remove what keys and tenants may spend', stepUp: true },
  { name: 'receipts:read', meaning: 'See receipts of what was delivered' },
  { name: 'health:read', meaning: 'See the state of each dependency' },
  { name: 'metrics:read', meaning: 'Read the metrics' },
  { name: 'config:read', meaning: 'See the configuration in force, without its secrets' },
  { name: 'tenants:any', meaning: 'See and act in other tenants than one’s own' },
];

/** Permissions that a person uses only shortly after a code. */
export const stepUpPermissions: ReadonlySet<string> = new Set(
  permissionCatalogue.filter(({ stepUp }) => stepUp).map(({ name }) => name),
);

/** Every text that can stand in a key's list of permissions, wildcards included. */
export const knownPermissions: ReadonlySet<string> = new Set([
  '*',
  ...permissionCatalogue.map(({ name }) => name),
  ...permissionCatalogue.map(({ name }) => `${name.slice(0, name.indexOf(':'))}:*`),
]);

/** The message for a permission that does not exist, with the nearest that do. */
export function unknownPermissionMessage(permission: string): string {
  const nearest = nearestNames(permission, knownPermissions);
  const advice = nearest.length > 0 ? `; did you mean ${nearest.join(' or ')}?` : '';
  return `there is no permission ${JSON.stringify(permission)}${advice}`;
}

/** @throws Error for a permission that no key can have: whatever asks for it could never be used. */
export function assertKnownPermissions(what: string, permissions: readonly string[]): void {
  for (const permission of permissions)
    if (!knownPermissions.has(permission)) throw new Error(`${what}: ${unknownPermissionMessage(permission)}`);
}

/**
 * Those of `wanted` that `own` does not cover: a key cannot hand on more than it has. A wildcard is covered by itself
 * and by a wider one, never by listing what it stands for today: new permissions would join it later.
 */
export function permissionsBeyond(own: readonly string[], wanted: readonly string[]): string[] {
  return wanted.filter((permission) => !own.includes(permission) && !permits(own, permission as Permission));
}
