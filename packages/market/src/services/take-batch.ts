import { InvalidInput } from '@reeve/kernel';
import { ExpectationFailed, type UnitStatement } from '@reeve/platform';
import type { Acceptance, DisputeReason, SignedBatch } from '../api/receipts.ts';
import { acceptanceDigest } from '../domain/receipts/batch.ts';
import type { Receipt } from '../domain/receipts/receipt.ts';
import { disputeOf } from '../domain/receipts/dispute.ts';
import { modelOf } from '../domain/capability.ts';
import { NodeKeyUnknown, ReceiptsEquivocal, ReceiptsForged, ReceiptsOutOfOrder } from '../errors.ts';
import { receiptKeyLabel } from '../metering/receipt-key-label.ts';
import { addressOfKey, signDigest } from '../signing/signature.ts';
import {
  advanceNode,
  insertBatch,
  insertNode,
  insertNodeAgent,
  insertReceipt,
  selectBatch,
  selectBatchOfReceipt,
  selectNewestReceipt,
  selectNode,
  selectNodeAgents,
  selectSpentFence,
} from '../store/receipts.ts';
import { sealedSalts } from '../store/sealed-salts.ts';
import type { ReceiptBatchesTable, ReceiptNodesTable, ReceiptsTable } from '../store/tables.ts';
import type { KnownAnswer } from './answer-ledger.ts';
import { handedIn, type HandedIn } from './handed-in.ts';
import type { ReceiptComponents } from './receipt-components.ts';
import { keepFault, type NewFault } from './receipt-faults.ts';
import { receiptRow } from './receipt-row.ts';

interface Judged {
  readonly disputes: readonly (DisputeReason | undefined)[];
  readonly tenants: readonly string[];
  /** What each receipt is for, where its task is known. */
  readonly capabilities: readonly (string | undefined)[];
  readonly answers: ReadonlyMap<string, KnownAnswer>;
  readonly agents: readonly (string | undefined)[];
  /** Agents that were not known to sign with this key before. */
  readonly newAgents: readonly string[];
}

/**
 * Takes in batches of receipts. Of a node one at a time; batches and receipts without gaps, so that nothing can be left out
 * unseen. A batch whose signature, numbers or fences are wrong is refused as a whole; a receipt that only says something
 * which the hub does not agree with is kept, is not billed, and the acceptance says so.
 */
export class BatchIntake {
  readonly #parts: ReceiptComponents;
  readonly #hubAddress: `0x${string}`;
  /** The last submission of each node that is under way. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #nextSeq: number;

  private constructor(parts: ReceiptComponents, newestSeq: number) {
    this.#parts = parts;
    this.#hubAddress = addressOfKey(parts.hubKey);
    this.#nextSeq = newestSeq + 1;
  }

  static async open(parts: ReceiptComponents): Promise<BatchIntake> {
    const [newest] = await parts.database.read<{ seq: number | null }>(selectNewestReceipt.bind({}));
    return new BatchIntake(parts, newest?.seq ?? 0);
  }

  /** @throws NodeKeyUnknown, ReceiptsForged, ReceiptsOutOfOrder, ReceiptsEquivocal, InvalidInput for another chain */
  async take(tenant: string, batch: SignedBatch): Promise<Acceptance> {
    const { node } = batch;
    const turn = (this.#turns.get(node) ?? Promise.resolve()).then(() => this.#take(tenant, batch));
    const settled = turn.then(ignore, ignore); // whoever called is told; the next one only waits for it
    this.#turns.set(node, settled);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(node) === settled) this.#turns.delete(node);
    }
  }

  async #take(tenant: string, batch: SignedBatch): Promise<Acceptance> {
    const { database, chainId, hub } = this.#parts;
    const { node } = batch;
    if (batch.chainId !== chainId)
      throw InvalidInput.error(`these receipts are for chain ${batch.chainId}; this hub takes those for ${chainId}`);
    const [known] = await database.read<ReceiptNodesTable>(selectNode.bind({ node }));
    const labelled = hub.agentsLabelled(tenant, receiptKeyLabel, node).map(({ id }) => id);
    if (known ? known.tenant !== tenant : labelled.length === 0)
      throw NodeKeyUnknown.error(`no node of yours has named the key ${node} in its offer (${receiptKeyLabel})`);
    const handed = await handedIn(batch);
    if (!handed.isSigned) throw await this.#forged(tenant, batch);
    const earlier = known && (await this.#takenBefore(tenant, known, handed));
    if (earlier) return earlier;
    await this.#assertInOrder(tenant, known, handed);
    return this.#store(tenant, known, handed, await this.#judge(tenant, handed, labelled));
  }

  async #forged(tenant: string, batch: SignedBatch): Promise<Error> {
    const message = `batch ${batch.sequence} is not signed by ${batch.node}`;
    await keepFault(this.#parts, { kind: 'forged', tenant, batch, message });
    return ReceiptsForged.error(message);
  }

  /** The answer that the same batch got before. */
  async #takenBefore(
    tenant: string,
    { node, batch_sequence: last }: ReceiptNodesTable,
    { batch, root }: HandedIn,
  ): Promise<Acceptance | undefined> {
    if (batch.sequence > last) return undefined;
    const key = { node, sequence: batch.sequence };
    const [row] = await this.#parts.database.read<ReceiptBatchesTable>(selectBatch.bind(key));
    if (row?.root === root) return JSON.parse(row.acceptance) as Acceptance;
    const message = `batch ${batch.sequence} was signed before with other receipts`;
    throw await this.#equivocal({ tenant, batch, message, earlierSequence: batch.sequence });
  }

  async #assertInOrder(tenant: string, known: ReceiptNodesTable | undefined, { batch, receipts }: HandedIn) {
    const lastBatch = known?.batch_sequence ?? 0;
    const lastReceipt = known?.receipt_sequence ?? 0;
    const spent = await this.#spentBefore(batch, lastReceipt);
    if (spent) throw await this.#equivocal({ tenant, batch, ...spent });
    const gap = receipts.findIndex(({ sequence }, at) => sequence !== lastReceipt + 1 + at);
    if (batch.sequence === lastBatch + 1 && gap === -1) return;
    const next = { batchSequence: lastBatch + 1, receiptSequence: lastReceipt + 1 };
    throw ReceiptsOutOfOrder.error(
      `the next batch of this node is ${next.batchSequence}, with receipts from ${next.receiptSequence} on without gaps`,
      { details: next },
    );
  }

  /** A number or a fence that the node has put its name to before, now under another content. */
  async #spentBefore(
    { node, receipts }: SignedBatch,
    lastReceipt: number,
  ): Promise<Pick<NewFault, 'message' | 'earlierSequence'> | undefined> {
    const { database } = this.#parts;
    const fences = receipts.map(({ receipt }) => receipt.fence);
    const twice = fences.find((fence, at) => fences.indexOf(fence) !== at);
    if (twice !== undefined) return { message: `two receipts of this batch are under fence ${twice}` };
    const used = receipts.find(({ receipt }) => receipt.sequence <= lastReceipt)?.receipt.sequence;
    if (used !== undefined) {
      const [row] = await database.read<ReceiptsTable>(selectBatchOfReceipt.bind({ node, sequence: used }));
      return { message: `receipt ${used} was signed before`, ...(row && { earlierSequence: row.batch_sequence }) };
    }
    const [row] = await database.read<ReceiptsTable>(selectSpentFence(node, fences));
    if (row === undefined) return undefined;
    return { message: `fence ${row.fence} was signed for before`, earlierSequence: row.batch_sequence };
  }

  async #equivocal(fault: Omit<NewFault, 'kind'>): Promise<Error> {
    await keepFault(this.#parts, { kind: 'equivocal', ...fault });
    return ReceiptsEquivocal.error(fault.message);
  }

  async #judge(tenant: string, { batch, receipts }: HandedIn, labelled: readonly string[]): Promise<Judged> {
    const { database, hub, ledger } = this.#parts;
    const { node } = batch;
    const taskIds = receipts.map(({ taskId }) => taskId);
    const [pairs, leases, answers] = await Promise.all([
      database.read<{ agent_id: string }>(selectNodeAgents.bind({ node })),
      hub.newestLeases(taskIds),
      ledger.seen(taskIds),
    ]);
    const paired = new Set(pairs.map(({ agent_id: agentId }) => agentId));
    const agents = new Set([...paired, ...labelled]);
    const disputes = receipts.map((receipt) => {
      const lease = leases.get(receipt.taskId);
      const ownsLease = lease?.agentId !== undefined && agents.has(lease.agentId);
      const model = lease && modelOf(lease.capability)?.model;
      const facts = lease && { ownsLease, model, ...(lease.fence !== undefined && { fence: lease.fence }) };
      return disputeOf(receipt, facts, answers.get(receipt.taskId));
    });
    return {
      disputes,
      answers,
      tenants: receipts.map(({ taskId }) => leases.get(taskId)?.tenant ?? tenant),
      capabilities: receipts.map(({ taskId }) => leases.get(taskId)?.capability),
      agents: receipts.map(({ taskId, fence }) => {
        const lease = leases.get(taskId);
        return lease?.fence === fence && agents.has(lease.agentId ?? '') ? lease.agentId : undefined;
      }),
      newAgents: labelled.filter((id) => !paired.has(id)),
    };
  }

  async #store(
    tenant: string,
    known: ReceiptNodesTable | undefined,
    { batch, receipts, root }: HandedIn,
    judged: Judged,
  ): Promise<Acceptance> {
    const { database, clock, hub, hubKey, metrics } = this.#parts;
    const { node, sequence, chainId, signature } = batch;
    const receivedAtMs = clock.nowMs();
    const disputed = judged.disputes.reduce((bits, reason, at) => (reason ? bits | (1n << BigInt(at)) : bits), 0n);
    const signed = signDigest(acceptanceDigest({ chainId, node, sequence, root }, disputed), hubKey);
    const acceptance: Acceptance = { hub: this.#hubAddress, disputed: `${disputed}`, signature: signed };
    const position = { batch_sequence: sequence, receipt_sequence: receipts.at(-1)!.sequence };
    const salts = sealedSalts(
      node,
      sequence,
      batch.receipts.map(({ salt }) => salt),
    );
    const rows = receipts.map((receipt, at) =>
      receiptRow({
        seq: this.#nextSeq++,
        receipt,
        tenant: judged.tenants[at]!,
        node,
        batchSequence: sequence,
        leafIndex: at,
        answer: judged.answers.get(receipt.taskId),
        agentId: judged.agents[at],
        disputed: judged.disputes[at],
        receivedAtMs,
      }),
    );
    const moved = known
      ? advanceNode.bind({ node, from: known.batch_sequence, ...position })
      : insertNode.bind({ node, tenant, ...position });
    const statements: UnitStatement[] = [
      { ...moved, expectRows: 1 },
      ...judged.newAgents.map((agent_id) => insertNodeAgent.bind({ node, agent_id })),
      insertBatch.bind({
        node,
        sequence,
        chain_id: chainId,
        root,
        signature,
        acceptance: JSON.stringify(acceptance),
        salts,
        received_at_ms: receivedAtMs,
      }),
      ...rows.map((row) => insertReceipt.bind(row)),
      ...refunds(receipts, judged),
    ];
    const events = rows
      .filter((row) => row.disputed !== null)
      .map(({ task_id, tenant: owner, disputed: reason, fence }) => {
        return { type: 'receipt.disputed', tenant: owner, subject: `task:${task_id}`, data: { node, fence, reason } };
      });
    await database.commit({ statements, events }).catch((error: unknown) => {
      if (!ExpectationFailed.is(error)) throw error;
      throw ReceiptsOutOfOrder.error('another batch of this node was taken in at the same time', { cause: error });
    });
    for (const reason of judged.disputes) metrics.taken(reason);
    for (const { agentId, capability, ...found } of statedBy(receipts, judged)) hub.stated(agentId, capability, found);
    return acceptance;
  }
}

/** What a node cannot have stated by mistake, nor because the hub knows less than it. */
const lies: ReadonlySet<DisputeReason> = new Set([
  'wrongCost',
  'otherModel',
  'abovePrice',
  'notDelivered',
  'aboveCount',
]);

interface Stated {
  readonly agentId: string;
  readonly capability: string;
  good: number;
  bad: number;
}

/** How much of what was to be paid for was true. What costs nothing states nothing. */
function statedBy(receipts: readonly Receipt[], { disputes, agents, capabilities }: Judged): Iterable<Stated> {
  const found = new Map<string, Stated>();
  for (const [at, { costPicoUsd }] of receipts.entries()) {
    const [reason, agentId, capability] = [disputes[at], agents[at], capabilities[at]];
    const isLie = reason !== undefined && lies.has(reason);
    if (!agentId || !capability || (!isLie && (reason !== undefined || costPicoUsd === 0n))) continue;
    const key = `${agentId} ${capability}`;
    const stated = found.get(key) ?? { agentId, capability, good: 0, bad: 0 };
    stated[isLie ? 'bad' : 'good'] += 1;
    found.set(key, stated);
  }
  return found.values();
}

/** A receipt that is billed shows what the budgets of its request counted too much. */
function refunds(receipts: readonly Receipt[], { disputes, answers }: Judged): UnitStatement[] {
  return receipts.flatMap(({ taskId, costPicoUsd }, at) => {
    if (disputes[at] !== undefined || costPicoUsd === 0n) return [];
    return [...(answers.get(taskId)?.refund?.(costPicoUsd) ?? [])];
  });
}

function ignore(): void {
  // the outcome is for whoever called
}
