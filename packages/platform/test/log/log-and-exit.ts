/**
 * A program that logs and ends, for tests of what reaches its reader. Arguments: destination (`stdout` or a path), how
 * many lines, how it ends (`exit`, `throw`, `natural`).
 */
import { createLogger } from '../../src/log/index.ts';

const [destination = 'stdout', lines = '1', ending = 'natural'] = process.argv.slice(2);
const log = createLogger(destination === 'stdout' ? {} : { destination });
for (let line = 1; line <= Number(lines); line++) log.info({ line, filler: 'x'.repeat(200) }, 'line');
if (ending === 'exit') process.exit(7);
if (ending === 'throw') throw new Error('on purpose');
if (ending === 'report') {
  await log.flush();
  process.stderr.write(JSON.stringify({ lost: log.lostLines }));
}
