import { statementsFor } from '@reeve/platform';

export interface NodePriceRow {
  capability: string;
  at_ms: number;
  /** Micro-USD per million tokens, in decimal digits. */
  price_input: string;
  price_output: string;
}

export interface NodePriceRollbackRow {
  /** Digest of the prediction that did not hold. */
  prediction: string;
  reason: string;
  at_ms: number;
}

const { statement } = statementsFor<{ node_prices: NodePriceRow; node_price_rollbacks: NodePriceRollbackRow }>();

export const insertPrice = statement<NodePriceRow>((db, p) =>
  db.insertInto('node_prices').values({
    capability: p.capability,
    at_ms: p.at_ms,
    price_input: p.price_input,
    price_output: p.price_output,
  }),
);

/** The newest prices of a capability, newest first: more than an hour can hold. */
export const selectPrices = statement<{ capability: string; limit: number }>((db, p) =>
  db
    .selectFrom('node_prices')
    .selectAll()
    .where('capability', '=', p.capability)
    .orderBy('at_ms', 'desc')
    .limit(p.limit),
);

export const insertRollback = statement<NodePriceRollbackRow>((db, p) =>
  db.insertInto('node_price_rollbacks').values({ prediction: p.prediction, reason: p.reason, at_ms: p.at_ms }),
);

export const selectRollback = statement<{ prediction: string }>((db, p) =>
  db.selectFrom('node_price_rollbacks').selectAll().where('prediction', '=', p.prediction),
);
