import type { Mutant } from './mutant.ts';

const audit = 'packages/platform/src/audit';
const test = 'packages/platform/test/audit/audit-heads.test.ts';

/** What somebody who can write the database cannot hide. */
export const mutants: readonly Mutant[] = [
  {
    name: 'signature-of-a-head-not-checked',
    guarantee: 'FD-14 signed-heads',
    file: `${audit}/signed-head.ts`,
    find: "block !== undefined && verify(null, signedText(head), block, Buffer.from(head.signature, 'base64'))",
    replace: 'block !== undefined && head.signature.length > 0',
    test,
  },
  {
    name: 'time-of-a-head-not-signed',
    guarantee: 'FD-14 signed-heads',
    file: `${audit}/signed-head.ts`,
    find: '${hash}\\n${atMs}\\n${keyId}',
    replace: '${hash}\\n${typeof atMs}\\n${keyId}',
    test,
  },
  {
    name: 'rewritten-chain-signed',
    guarantee: 'FD-14 signed-heads',
    file: `${audit}/audit-heads.ts`,
    find: 'if (newest) await this.#assertStillThere(newest);',
    replace: '',
    test,
    testName: 'is not signed',
  },
  {
    name: 'only-the-newest-head-compared',
    guarantee: 'FD-14 verify',
    file: `${audit}/verify-audit.ts`,
    find: 'this.#expected = new Map(expected.map(',
    replace: 'this.#expected = new Map(expected.slice(0, 0).map(',
    test,
  },
  {
    name: 'cut-tail-not-missed',
    guarantee: 'FD-14 verify',
    file: `${audit}/verify-audit.ts`,
    find: 'if (this.#lastExpected <= this.head.sequence) return undefined;',
    replace: 'if (this.#lastExpected >= 0) return undefined;',
    test,
  },
  {
    name: 'unsigned-anchor-accepted',
    guarantee: 'FD-14 retention',
    file: `${audit}/audit-heads.ts`,
    find: 'if (anchor) this.#assertGenuine(anchor);',
    replace: '',
    test,
  },
  {
    name: 'newest-record-removed',
    guarantee: 'FD-14 retention',
    file: `${audit}/audit-heads.ts`,
    find: 'heads.slice(0, -1).findLast(',
    replace: 'heads.findLast(',
    test,
  },
];
