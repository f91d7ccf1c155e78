import { nodeBatches } from './001-batches.ts';

/** The tables of a node's own database, which has nothing to do with the hub's. */
export const nodeMigrations = [nodeBatches];
