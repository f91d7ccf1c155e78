export { createAccess } from './access.ts';
export type { Access, AccessComponents, EnsuredKey, KeyGrant } from './access.ts';
