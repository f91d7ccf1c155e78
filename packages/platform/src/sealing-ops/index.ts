export type { EncryptionComponents } from './encryption-operations.ts';
export { encryptionOperations } from './encryption-operations.ts';
export { KeyRotation } from './rotation.ts';
export { platformSealedColumns } from './sealed-column.ts';
export type { SealedColumn } from './sealed-column.ts';
