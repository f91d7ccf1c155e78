export { onDisk, syncFolder } from './on-disk.ts';
export { namePattern, SealedFiles } from './sealed-files.ts';
export type { StoredFile, WrittenFile } from './sealed-files.ts';
export { openSegment, sealedSegmentBytes, sealSegment, segmentsOf } from './segments.ts';
