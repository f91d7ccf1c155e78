export { createAccess } from './access.ts';
export type { Access, AccessComponents } from './access.ts';
export type { KeyGrant, KeyRing } from './key-ring.ts';
export type { EnsuredKey } from './ensure-key.ts';
export { keyOperations } from './key-operations.ts';
export type { KeyComponents } from './key-components.ts';
