import {
  defineOperation,
  defineStream,
  NotFound,
  PageQuery,
  pageOf,
  StorageUnavailable,
  TooLarge,
  Uuid,
} from '@reeve/kernel';
import { z } from 'zod';
import { BlobInUse, BlobMismatch, LeaseLost } from '../errors.ts';
import { Blob, Digest } from './blob.ts';

const byDigest = z.object({ digest: Digest });

export const putBlob = defineStream({
  name: 'blobs.put',
  summary: 'Put a content in, for tasks to refer to as {"$blob": "<digest>"}',
  description:
    'Takes bytes as they come, and answers once they are on the disk. The same content again is the same blob. One that ' +
    'no live task or map refers to is removed some time after its last use.',
  access: 'tasks:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/blobs' },
  input: z.object({
    /** What the content must have; without it nothing is compared. */
    digest: Digest.optional(),
  }),
  takes: 'bytes',
  gives: { value: Blob },
  errors: [BlobMismatch, TooLarge, StorageUnavailable],
});
export const getBlob = defineStream({
  name: 'blobs.get',
  summary: 'Get a content back',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/blobs/{digest}/content' },
  input: byDigest,
  gives: 'bytes',
  errors: [NotFound],
});
export const fetchBlob = defineStream({
  name: 'blobs.fetch',
  summary: 'Get a content that the task of a lease refers to, as the agent that holds the lease',
  access: 'agents:connect',
  effect: 'read',
  http: { method: 'GET', path: '/v1/leases/{fence}/tasks/{taskId}/blobs/{digest}' },
  input: z.object({ fence: z.int().positive(), taskId: Uuid, digest: Digest }),
  gives: 'bytes',
  errors: [NotFound, LeaseLost],
});
export const showBlob = defineOperation({
  name: 'blobs.show',
  summary: 'Show what is known of a content',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/blobs/{digest}' },
  input: byDigest,
  output: Blob,
  errors: [NotFound],
});
export const listBlobs = defineOperation({
  name: 'blobs.list',
  summary: 'List contents, by digest',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/blobs' },
  input: z.object(PageQuery),
  output: pageOf(Blob),
});
export const removeBlob = defineOperation({
  name: 'blobs.remove',
  summary: 'Remove a content that no live task refers to',
  access: 'tasks:write',
  effect: 'write',
  http: { method: 'DELETE', path: '/v1/blobs/{digest}' },
  input: byDigest,
  output: Blob,
  errors: [NotFound, BlobInUse],
});
