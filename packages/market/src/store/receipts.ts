import type { SealedText } from '@reeve/platform';
import {
  compile,
  statement,
  type AnswersTable,
  type ReceiptBatchesTable,
  type ReceiptFaultsTable,
  type ReceiptNodesTable,
  type ReceiptsTable,
} from './tables.ts';

export const insertReceipt = statement<ReceiptsTable>((db, p) =>
  db.insertInto('receipts').values({
    seq: p.seq,
    tenant: p.tenant,
    task_id: p.task_id,
    caller: p.caller,
    node: p.node,
    agent_id: p.agent_id,
    batch_sequence: p.batch_sequence,
    leaf_index: p.leaf_index,
    sequence: p.sequence,
    fence: p.fence,
    outcome: p.outcome,
    model: p.model,
    prompt_tokens: p.prompt_tokens,
    completion_tokens: p.completion_tokens,
    billed_micro_usd: p.billed_micro_usd,
    billed_rest_pico_usd: p.billed_rest_pico_usd,
    text_bytes: p.text_bytes,
    disputed: p.disputed,
    fields: p.fields,
    day: p.day,
    received_at_ms: p.received_at_ms,
  }),
);

export const insertBatch = statement<Omit<ReceiptBatchesTable, 'salts'> & { salts: SealedText }>((db, p) =>
  db.insertInto('receipt_batches').values({
    node: p.node,
    sequence: p.sequence,
    chain_id: p.chain_id,
    root: p.root,
    signature: p.signature,
    acceptance: p.acceptance,
    salts: p.salts,
    received_at_ms: p.received_at_ms,
  }),
);

export const selectNode = statement<{ node: string }>((db, p) =>
  db.selectFrom('receipt_nodes').selectAll().where('node', '=', p.node),
);

export const insertNode = statement<ReceiptNodesTable>((db, p) =>
  db.insertInto('receipt_nodes').values({
    node: p.node,
    tenant: p.tenant,
    batch_sequence: p.batch_sequence,
    receipt_sequence: p.receipt_sequence,
  }),
);

/** The fence of batches: a node is moved on only from where it was. */
export const advanceNode = statement<{ node: string; from: number; batch_sequence: number; receipt_sequence: number }>(
  (db, p) =>
    db
      .updateTable('receipt_nodes')
      .set({ batch_sequence: p.batch_sequence, receipt_sequence: p.receipt_sequence })
      .where('node', '=', p.node)
      .where('batch_sequence', '=', p.from),
);

export const selectNodeAgents = statement<{ node: string }>((db, p) =>
  db.selectFrom('receipt_node_agents').select('agent_id').where('node', '=', p.node),
);

export const insertNodeAgent = statement<{ node: string; agent_id: string }>((db, p) =>
  db.insertInto('receipt_node_agents').values({ node: p.node, agent_id: p.agent_id }),
);

export const selectBatch = statement<{ node: string; sequence: number }>((db, p) =>
  db.selectFrom('receipt_batches').selectAll().where('node', '=', p.node).where('sequence', '=', p.sequence),
);

export const selectBatchReceipts = statement<{ node: string; sequence: number }>((db, p) =>
  db
    .selectFrom('receipts')
    .select(['leaf_index', 'fields'])
    .where('node', '=', p.node)
    .where('batch_sequence', '=', p.sequence)
    .orderBy('leaf_index'),
);

/** The batch in which a node has spent a fence already, of some. */
export function selectSpentFence(node: string, fences: readonly number[]) {
  return compile((db) =>
    db
      .selectFrom('receipts')
      .select(['batch_sequence', 'fence'])
      .where('node', '=', node)
      .where('fence', 'in', fences)
      .limit(1),
  );
}

/** The batch that holds a receipt number of a node; numbers grow with batches. */
export const selectBatchOfReceipt = statement<{ node: string; sequence: number }>((db, p) =>
  db
    .selectFrom('receipts')
    .select('batch_sequence')
    .where('node', '=', p.node)
    .where('sequence', '=', p.sequence)
    .limit(1),
);

export const selectNewestReceipt = statement((db) =>
  db.selectFrom('receipts').select((select) => select.fn.max('seq').as('seq')),
);

export const selectReceiptsOfTask = statement<{ tenant: string; task_id: string }>((db, p) =>
  db
    .selectFrom('receipts')
    .selectAll()
    .where('task_id', '=', p.task_id)
    .where('tenant', '=', p.tenant)
    .orderBy('seq')
    .limit(100),
);

export interface ReceiptFilter {
  readonly tenant: string;
  readonly before: number;
  readonly limit: number;
  readonly model?: string | undefined;
  readonly node?: string | undefined;
  readonly outcome?: ReceiptsTable['outcome'] | undefined;
  readonly disputed?: boolean | undefined;
}

/** One page, newest first. */
export function selectReceiptPage({ tenant, before, limit, model, node, outcome, disputed }: ReceiptFilter) {
  return compile((db) => {
    let query = db
      .selectFrom('receipts')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('seq', '<', before)
      .orderBy('seq', 'desc')
      .limit(limit);
    if (model !== undefined) query = query.where('model', '=', model);
    if (node !== undefined) query = query.where('node', '=', node);
    if (outcome !== undefined) query = query.where('outcome', '=', outcome);
    if (disputed !== undefined) query = query.where('disputed', disputed ? 'is not' : 'is', null);
    return query;
  });
}

/** One page, oldest first. */
export const selectReceiptsAfter = statement<{ tenant: string; after: number; limit: number }>((db, p) =>
  db
    .selectFrom('receipts')
    .selectAll()
    .where('tenant', '=', p.tenant)
    .where('seq', '>', p.after)
    .orderBy('seq')
    .limit(p.limit),
);

export const insertAnswer = statement<AnswersTable>((db, p) =>
  db.insertInto('answers').values({
    task_id: p.task_id,
    tenant: p.tenant,
    caller: p.caller,
    model: p.model,
    outcome: p.outcome,
    prompt_bound: p.prompt_bound,
    completion_bound: p.completion_bound,
    text_bytes: p.text_bytes,
    price_input: p.price_input,
    price_output: p.price_output,
    ended_at_ms: p.ended_at_ms,
  }),
);

export function selectAnswers(taskIds: readonly string[]) {
  return compile((db) => db.selectFrom('answers').selectAll().where('task_id', 'in', taskIds));
}

export const insertFault = statement<ReceiptFaultsTable>((db, p) =>
  db.insertInto('receipt_faults').values({
    seq: p.seq,
    id: p.id,
    tenant: p.tenant,
    node: p.node,
    kind: p.kind,
    message: p.message,
    batch: p.batch,
    earlier: p.earlier,
    seen_at_ms: p.seen_at_ms,
  }),
);

export const selectFaultCounts = statement<{ node: string; kind: ReceiptFaultsTable['kind'] }>((db, p) =>
  db
    .selectFrom('receipt_faults')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('node', '=', p.node)
    .where('kind', '=', p.kind),
);

export const selectNewestFault = statement((db) =>
  db.selectFrom('receipt_faults').select((select) => select.fn.max('seq').as('seq')),
);

export function selectFaultPage(tenant: string, before: number, limit: number, node?: string) {
  return compile((db) => {
    const query = db
      .selectFrom('receipt_faults')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('seq', '<', before)
      .orderBy('seq', 'desc')
      .limit(limit);
    return node === undefined ? query : query.where('node', '=', node);
  });
}
