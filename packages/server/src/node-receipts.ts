import { join, resolve } from 'node:path';
import { systemClock } from '@reeve/kernel';
import {
  addressOfKey,
  type LiveLoad,
  meteredHandler,
  nodeMigrations,
  ReceiptBook,
  type ReceiptDraft,
  receiptKeyLabel,
  ReceiptSender,
  type MarketNode,
  type MeteredOffer,
} from '@reeve/market/node';
import { clientSettings, openDatabase, platformMigrations, type Database } from '@reeve/platform';
import { createClient, type Client } from '@reeve/sdk';
import type { AgentProcess } from './connect.ts';
import { prepareHome } from './home.ts';
import { hubAddress } from './hub-address.ts';
import { receiptKey } from './keys.ts';

/** For the last receipts to reach the hub at the end; what remains goes with the next start. */
const lastRoundMs = 3_000;

export interface NodeReceiptsOptions {
  readonly url?: string;
  readonly key?: string;
  /** Folder of the node's key and book; `nodes/<name>` in home when not given. */
  readonly state?: string;
}

export interface NodeReceipts {
  /** The node's own: its book. */
  readonly database: Database;
  readonly client: Client;
  /** For the node's offer: says under which key its receipts are. */
  readonly labels: Readonly<Record<string, string>>;
  readonly handler: MarketNode['handler'];
  /** Sends what an earlier run left behind; to be called once the hub knows the labels. */
  start(): void;
}

/**
 * The receipts of a node: its key, made at the first start, and its book, a database that no other process can open at the
 * same time. Both stay in one folder: a key with a copy of the book elsewhere could sign two things under one number.
 */
export async function openNodeReceipts(
  { log, lifecycle }: AgentProcess,
  node: MarketNode,
  name: string,
  load: LiveLoad,
  options: NodeReceiptsOptions,
): Promise<NodeReceipts> {
  const folder = resolve(options.state ?? join(clientSettings().home, 'nodes', encodeURIComponent(name)));
  await prepareHome(folder);
  const key = await receiptKey(join(folder, 'receipts.key'));
  const migrations = [...platformMigrations, ...nodeMigrations];
  const database = await openDatabase({ url: join(folder, 'receipts.db'), migrations, clock: systemClock, log });
  lifecycle.onStop('storage', 'book of receipts', async () => database[Symbol.asyncDispose]());
  const book = await ReceiptBook.open({ database, key, clock: systemClock, log });
  const address = addressOfKey(key);
  const client = createClient(await hubAddress(options));
  const sender = new ReceiptSender({
    book,
    clock: systemClock,
    log,
    hub: {
      position: (signal) => client.receipts.position({ node: address }, { signal }),
      submit: (batch, signal) => client.receipts.submit(batch, { signal }),
    },
  });
  lifecycle.onStop('connections', 'receipts', () => sender.stop(AbortSignal.timeout(lastRoundMs)));
  log.info({ folder, address }, 'receipts are signed with the key of this folder');
  const metering = {
    clock: systemClock,
    log,
    offerOf: (capability: string) => meteredOffer(node, capability),
    take: (draft: ReceiptDraft) => {
      load.earned(draft.receipt.costPicoUsd);
      sender.take(draft);
    },
  };
  return {
    database,
    client,
    labels: { [receiptKeyLabel]: address },
    handler: load.counted(meteredHandler(node.handler, metering)),
    start: () => sender.start(),
  };
}

function meteredOffer({ declaration }: MarketNode, capability: string): MeteredOffer | undefined {
  const model = declaration.models.find((served) => served.capability === capability)?.name;
  const tokens = declaration.offer.capabilities.find((offered) => offered.name === capability)?.tokens;
  if (model === undefined) return undefined;
  return {
    model,
    priceInputMicroUsd: BigInt(tokens?.priceInputMicroUsd ?? 0),
    priceOutputMicroUsd: BigInt(tokens?.priceOutputMicroUsd ?? 0),
  };
}
