import { setTimeout as wait } from 'node:timers/promises';
import { listReceipts } from '@reeve/market/api';
import type { Client } from '@reeve/sdk';
import type { Role } from './cast.ts';
import type { Answer } from './load.ts';

const receiptsWithinMs = 30_000;

/** What a node did, as its clients saw it, and what the hub pays for it. */
export interface Account {
  readonly role: Role;
  readonly answers: number;
  /** Of the last third of all answers, the share that it gave, 0..1. */
  readonly lateShare: number;
  /** What those answers cost at the prices of the node, by the counts that came with them; rounded down once. */
  readonly askedMicroUsd: bigint;
  /** Receipts that the hub agrees with, their cost, and how much text there was for each of their tokens. */
  readonly paid: number;
  readonly paidMicroUsd: bigint;
  /** Receipts for which nothing is paid, and why. */
  readonly disputed: number;
  readonly reasons: readonly string[];
}

/** Waits until there are receipts for as many answers as were got from those nodes that nobody killed. */
export async function receiptsOf(client: Client, answers: readonly Answer[], nodes: readonly string[]): Promise<void> {
  const expected = answers.filter(({ agentId }) => nodes.includes(agentId)).length;
  for (const startedMs = performance.now(); performance.now() - startedMs < receiptsWithinMs; await wait(100)) {
    let count = 0;
    for await (const { agentId, outcome } of client.paginate(listReceipts, {}))
      if (outcome === 'served' && agentId !== undefined && nodes.includes(agentId)) count += 1;
    if (count === expected) return;
  }
  throw new Error(`not all of ${expected} receipts came within ${receiptsWithinMs} ms`);
}

export async function accountOf(
  client: Client,
  role: Role,
  agentId: string,
  answers: readonly Answer[],
): Promise<Account> {
  const own = answers.filter((answer) => answer.agentId === agentId);
  const { items } = await client.usage.show({ by: ['node'] });
  const usage = items.find(({ node }) => node === role.name);
  const reasons = new Set<string>();
  for await (const receipt of client.paginate(listReceipts, { disputed: true }))
    if (receipt.agentId === agentId) reasons.add(receipt.disputed!);
  return {
    role,
    answers: own.length,
    lateShare: shareOf(agentId, answers.slice(Math.floor((answers.length * 2) / 3))),
    askedMicroUsd: costOf(role, own),
    paid: (usage?.served ?? 0) - (usage?.disputed ?? 0),
    paidMicroUsd: BigInt(usage?.costMicroUsd ?? 0),
    disputed: usage?.disputed ?? 0,
    reasons: [...reasons],
  };
}

function shareOf(wanted: string, answers: readonly Answer[]): number {
  return answers.filter(({ agentId }) => agentId === wanted).length / answers.length;
}

function costOf({ priceInput, priceOutput }: Role, answers: readonly Answer[]): bigint {
  let picoUsd = 0n;
  for (const { promptTokens, completionTokens } of answers)
    picoUsd += BigInt(promptTokens * priceInput + completionTokens * priceOutput);
  return picoUsd / 1_000_000n;
}
