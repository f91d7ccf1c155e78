/** `npm run -s tally`: passed and failed tests of the last full run, as two numbers, for programs. */
import { readLastRun, tally } from './report.ts';

const report = readLastRun();
const { passed, failed } = report === undefined ? { passed: 0, failed: 0 } : tally(report);
console.log(`${passed} ${failed}`);
