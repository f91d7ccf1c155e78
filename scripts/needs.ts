/**
 * `npm run needs`   what some tests need that npm cannot bring, and whether it is here
 *   -- --debian     only the Debian packages that are missing, on one line
 */
import { parseArgs } from 'node:util';
import { NEEDED, missing, type Need } from '../tests/house/needs.ts';

const { values: flags } = parseArgs({ options: { debian: { type: 'boolean', default: false } } });
const absent = missing();

if (flags.debian) {
  console.log(absent.flatMap((need) => ('debian' in NEEDED[need] ? [NEEDED[need].debian] : [])).join(' '));
} else {
  for (const [need, { why, how }] of Object.entries(NEEDED)) {
    const isHere = !absent.includes(need as Need);
    console.log(`${isHere ? '✓' : '✗'} ${need.padEnd(10)} ${why}${isHere ? '' : `: ${how}`}`);
  }
}
