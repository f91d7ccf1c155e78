export { SealedFiles } from './sealed-files.ts';
export type { StoredFile, WrittenFile } from './sealed-files.ts';
