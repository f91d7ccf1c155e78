/** Writes and signs batches without end, and tells of each: to be killed. */
import { join } from 'node:path';
import { systemClock } from '@reeve/kernel';
import { createLogger, openDatabase, platformMigrations } from '@reeve/platform';
import { ReceiptBook } from '../../src/metering/receipt-book.ts';
import { nodeMigrations } from '../../src/migrations/node/index.ts';
import { sampleReceipt } from './arbitrary-receipts.ts';

const database = await openDatabase({
  url: join(process.argv[2]!, 'receipts.db'),
  migrations: [...platformMigrations, ...nodeMigrations],
});
const log = createLogger({ level: 'error' });
const key = new Uint8Array(32).fill(0x31);
const book = await ReceiptBook.open({ database, key, clock: systemClock, log });
let after = 0;
for (let fence = process.pid * 1_000; ; fence++) {
  const { sequence: _, ...receipt } = sampleReceipt(1, { fence });
  book.add({ receipt, salt: `0x${'00'.repeat(32)}` });
  await book.write(31_337);
  for (let batch = await book.after(after); batch; batch = await book.after(after)) {
    process.send!(batch);
    after = batch.sequence;
  }
}
