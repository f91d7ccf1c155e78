import { nodeBatches } from './001-batches.ts';
import { nodePrices } from './002-prices.ts';

export const nodeMigrations = [nodeBatches, nodePrices];
