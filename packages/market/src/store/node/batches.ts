import { statementsFor } from '@reeve/platform';

export interface NodeBatchRow {
  sequence: number;
  chain_id: number;
  /** Number of the last receipt up to this batch; of an empty one that only moves the numbers on, the hub's. */
  last_receipt: number;
  /** JSON of the receipts with their salts. */
  receipts: string;
  /** JSON of the hub's acceptance. */
  acceptance: string | null;
  made_at_ms: number;
}

const { statement } = statementsFor<{ node_batches: NodeBatchRow }>();

export const insertBatch = statement<Omit<NodeBatchRow, 'acceptance'>>((db, p) =>
  db.insertInto('node_batches').values({
    sequence: p.sequence,
    chain_id: p.chain_id,
    last_receipt: p.last_receipt,
    receipts: p.receipts,
    acceptance: null,
    made_at_ms: p.made_at_ms,
  }),
);

export const selectLastBatch = statement((db) =>
  db.selectFrom('node_batches').select(['sequence', 'last_receipt']).orderBy('sequence', 'desc').limit(1),
);

/** The first batch after a number. */
export const selectBatchAfter = statement<{ after: number }>((db, p) =>
  db.selectFrom('node_batches').selectAll().where('sequence', '>', p.after).orderBy('sequence').limit(1),
);

export const updateAccepted = statement<{ sequence: number; acceptance: string }>((db, p) =>
  db.updateTable('node_batches').set({ acceptance: p.acceptance }).where('sequence', '=', p.sequence),
);

/** Removes what the hub has had for long enough; the last one stays, for its numbers. */
export const deleteOldBatches = statement<{ below: number; before: number }>((db, p) =>
  db
    .deleteFrom('node_batches')
    .where('sequence', '<', p.below)
    .where('made_at_ms', '<', p.before)
    .where('acceptance', 'is not', null),
);
