export { createAccess } from './access.ts';
export type { Access, AccessComponents, EnsuredKey, KeyGrant } from './access.ts';
export { keyOperations } from './key-operations.ts';
export type { KeyComponents } from './key-components.ts';
