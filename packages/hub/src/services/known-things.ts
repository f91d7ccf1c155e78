import type { JsonValue } from '@reeve/kernel';
import type { BoundStatement, Database } from '@reeve/platform';
import type { TaskSubmission } from '../api/task.ts';
import { blobsIn } from '../domain/blob-references.ts';
import { selectKnownBlobs } from '../store/blobs.ts';
import { selectTaskKeys } from '../store/insert-task.ts';

/** Keys or digests that are looked up by one query. */
const lookedUpAtOnce = 500;

/** What submissions speak of and the record has. */
export interface KnownThings {
  /** Submissions with an idempotency key, and blobs they refer to: what another request may change meanwhile. */
  readonly mentioned: number;
  /** Tasks by idempotency key. */
  readonly tasks: Map<string, { readonly id: string; readonly bodyHash: string }>;
  /** Digests of blobs that are there. */
  readonly blobs: ReadonlySet<string>;
}

/** Looks up all that some submissions of one tenant mention. */
export async function knownThings(
  database: Database,
  tenant: string,
  submissions: readonly TaskSubmission[],
): Promise<KnownThings> {
  const keys = submissions.flatMap(({ idempotencyKey }) => idempotencyKey ?? []);
  const digests = [...new Set(submissions.flatMap(({ input }) => digestsIn(input)))];
  const found = await lookUp<{ key: string; task_id: string; body_hash: string }>(database, keys, (some) =>
    selectTaskKeys(tenant, some),
  );
  const blobs = await lookUp<{ digest: string }>(database, digests, (some) => selectKnownBlobs(tenant, some));
  return {
    mentioned: keys.length + digests.length,
    tasks: new Map(found.map((row) => [row.key, { id: row.task_id, bodyHash: row.body_hash }])),
    blobs: new Set(blobs.map(({ digest }) => digest)),
  };
}

/** Of inputs that are refused none: that is told when they are looked at one by one. */
function digestsIn(input: JsonValue): readonly string[] {
  try {
    return blobsIn(input);
  } catch {
    return [];
  }
}

async function lookUp<Row>(
  database: Database,
  wanted: readonly string[],
  query: (some: readonly string[]) => BoundStatement,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let from = 0; from < wanted.length; from += lookedUpAtOnce)
    rows.push(...(await database.read<Row>(query(wanted.slice(from, from + lookedUpAtOnce)))));
  return rows;
}
