import { createLogger, createMetrics } from '@reeve/platform';
import { systemClock } from '@reeve/kernel';
import type { SignedBatch } from '../../src/api/receipts.ts';
import { receiptJson } from '../../src/domain/receipts/receipt-json.ts';
import type { Receipt } from '../../src/domain/receipts/receipt.ts';
import { signedBatch } from '../../src/metering/signed-batch.ts';
import { createReceiptMetrics } from '../../src/receipt-metrics.ts';
import type { KnownAnswer } from '../../src/services/answer-ledger.ts';
import type { ReceiptComponents } from '../../src/services/receipt-components.ts';
import { BatchIntake } from '../../src/services/take-batch.ts';
import { addressOfKey } from '../../src/signing/signature.ts';
import { newDatabaseUrl, openedDatabase } from '../kit/new-database.ts';

export const nodeKey = new Uint8Array(32).fill(0x31);
export const node = addressOfKey(nodeKey);
const log = createLogger({ level: 'error' });
const salt = `0x${'99'.repeat(32)}` as const;

/** What the rest of the system would know; tests change it as they like. */
export interface Surroundings {
  readonly leases: Map<string, { tenant: string; capability: string; fence: number; agentId: string }>;
  readonly answers: Map<string, KnownAnswer>;
  /** Address that the agent names in its offer. */
  label: string;
  /** What the hub was told of the agent's statements. */
  readonly stated: object[];
}

/** The intake on a database of its own, with a hub and a ledger that say what the test wants. */
export async function startIntake() {
  const database = await openedDatabase(await newDatabaseUrl());
  const around: Surroundings = { leases: new Map(), answers: new Map(), label: node, stated: [] };
  const agent = { id: 'agent-1', tenant: 'hosts', offer: { name: 'one' } };
  const parts = {
    database,
    clock: systemClock,
    log,
    metrics: createReceiptMetrics(createMetrics({ defaultMetrics: false })),
    chainId: 31_337,
    hubKey: new Uint8Array(32).fill(0x41),
    hub: {
      agent: () => agent,
      agentsLabelled: (tenant: string, _: string, value: string) =>
        tenant === agent.tenant && value === around.label ? [agent] : [],
      newestLeases: async () => around.leases,
      stated: (agentId: string, capability: string, found: object) =>
        void around.stated.push({ agentId, capability, ...found }),
    },
    ledger: { seen: async () => around.answers },
  } as unknown as ReceiptComponents;
  const intake = await BatchIntake.open(parts);
  return { intake, around, database, parts };
}

/** Makes the surroundings know a request as it really was. */
export function known(around: Surroundings, receipt: Receipt): Receipt {
  around.leases.set(receipt.taskId, {
    tenant: 'clients',
    capability: `llm.chat:${receipt.model}`,
    fence: receipt.fence,
    agentId: 'agent-1',
  });
  around.answers.set(receipt.taskId, {
    caller: 'key:1',
    promptBound: 500,
    completionBound: 300,
    textBytes: 200,
    price: { inputMicroUsd: 150_000n, outputMicroUsd: 600_000n },
  });
  return receipt;
}

export function batchOf(
  sequence: number,
  receipts: readonly Receipt[],
  key = nodeKey,
  chainId = 31_337,
): Promise<SignedBatch> {
  return signedBatch(key, {
    chainId,
    sequence,
    receipts: receipts.map((receipt) => ({ receipt: receiptJson(receipt), salt })),
  });
}
