import { receipts } from './001-receipts.ts';

export const marketMigrations = [receipts];
