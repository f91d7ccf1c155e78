/** What a person may do, by role. Few, so that everybody knows what they mean; whatever is not listed is denied. */
export const roles = {
  owner: ['*'],
  operator: [
    'self:use',
    'tasks:*',
    'agents:*',
    'events:read',
    'keys:*',
    'users:read',
    'audit:read',
    'approvals:*',
    'encryption:read',
    'models:read',
    'chat:use',
    'offers:*',
    'budgets:*',
    'receipts:read',
    'health:read',
    'metrics:read',
    'config:read',
  ],
  member: [
    'self:use',
    'tasks:*',
    'agents:read',
    'events:read',
    'models:read',
    'chat:use',
    'offers:read',
    'receipts:read',
  ],
  viewer: ['self:use', 'tasks:read', 'agents:read', 'events:read', 'models:read', 'offers:read', 'receipts:read'],
} as const satisfies Record<string, readonly string[]>;

export type Role = keyof typeof roles;

/** All that a person may do whose password was given by somebody else: replace it. */
export const untilPasswordIsReplaced: readonly string[] = ['self:use'];
