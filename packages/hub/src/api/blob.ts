import { EpochMs } from '@reeve/kernel';
import { z } from 'zod';

/** SHA-256 of a content in lower-case hex. */
export const Digest = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in 64 lower-case hex digits');

/** Stands in an input for a content that was put into the hub before. */
export const BlobReference = z.strictObject({ $blob: Digest });
export type BlobReference = z.output<typeof BlobReference>;

export const Blob = z.object({
  digest: Digest,
  sizeBytes: z.int(),
  createdAtMs: EpochMs,
  /** When it was put in, or a task that refers to it was submitted, last. */
  usedAtMs: EpochMs,
});
export type Blob = z.output<typeof Blob>;
