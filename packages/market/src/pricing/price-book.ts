import type { Database } from '@reeve/platform';
import type { PricePoint } from '../domain/pricing/reprice.ts';
import {
  insertPrice,
  insertRollback,
  selectPrices,
  selectRollback,
  type NodePriceRollbackRow,
  type NodePriceRow,
} from '../store/node/prices.ts';

/** As many points as an hour can have: prices are found anew once a second at most. */
const hourOfPoints = 3_601;

/** The prices a node asked, on its own disk: a restart does not begin a new hour. */
export class PriceBook {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The newest points, oldest first; none when the node never asked a price by itself. */
  async history(capability: string): Promise<readonly PricePoint[]> {
    const rows = await this.#database.read<NodePriceRow>(selectPrices.bind({ capability, limit: hourOfPoints }));
    return rows.reverse().map(({ at_ms: atMs, price_input, price_output }) => ({
      atMs,
      price: { inputMicroUsd: BigInt(price_input), outputMicroUsd: BigInt(price_output) },
    }));
  }

  /** Durable before it is asked. */
  async add(capability: string, { atMs, price }: PricePoint): Promise<void> {
    const prices = { price_input: `${price.inputMicroUsd}`, price_output: `${price.outputMicroUsd}` };
    await this.#database.commit({ statements: [insertPrice.bind({ capability, at_ms: atMs, ...prices })] });
  }

  async rolledBack(prediction: string): Promise<string | undefined> {
    const [row] = await this.#database.read<NodePriceRollbackRow>(selectRollback.bind({ prediction }));
    return row?.reason;
  }

  async rollBack(prediction: string, reason: string, atMs: number): Promise<void> {
    await this.#database.commit({ statements: [insertRollback.bind({ prediction, reason, at_ms: atMs })] });
  }
}
