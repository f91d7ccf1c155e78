import type { Mutant } from './mutant.ts';

const sealing = 'packages/platform/src/sealing';
const test = 'packages/platform/test/sealing/sealing.test.ts';

/** What is stored sealed, and who can open it. */
export const mutants: readonly Mutant[] = [
  {
    name: 'texts-stored-unsealed',
    guarantee: 'FD-05 tasks',
    file: 'packages/platform/src/database/sqlite/worker/run-units.ts',
    find: 'params[index] = this.#sealer!.seal(params[index] as string, seals[this.#seal + 1] as string);',
    replace: '',
    test: 'packages/platform/test/database/sealed-values.test.ts',
  },
  {
    name: 'errors-of-tasks-stored-in-clear',
    guarantee: 'FD-05 canary',
    file: 'packages/platform/src/database/group/open-group.ts',
    find: 'this.#seals.push(this.#params.length, value.place);',
    replace: "if (!value.place.includes('.error:')) this.#seals.push(this.#params.length, value.place);",
    test: 'tests/e2e/encryption.test.ts',
  },
  {
    name: 'seal-not-bound-to-its-place',
    guarantee: 'FD-05 tasks',
    file: `${sealing}/format.ts`,
    find: 'return Buffer.from(place);',
    replace: 'return Buffer.from(place.slice(0, 0));',
    test,
  },
  {
    name: 'nonce-used-again',
    guarantee: 'FD-05 nonce',
    file: `${sealing}/sealer.ts`,
    find: 'randomFillSync(this.#nonces);',
    replace: 'if (this.#nonces[0] === 0) randomFillSync(this.#nonces);',
    test,
  },
  {
    name: 'newest-key-tried-for-an-unknown-one',
    guarantee: 'FD-05 rotation',
    file: `${sealing}/unseal.ts`,
    find: 'const key = keys.find(keyId);',
    replace: 'const key = keys.find(keyId) ?? keys.active.key;',
    test,
  },
  {
    name: 'rotation-begins-anew-after-a-crash',
    guarantee: 'FD-05 rotation',
    file: 'packages/platform/src/sealing-ops/rotation.ts',
    find: 'this.goOn(row.to_key === id ? row',
    replace: 'this.goOn(row.to_key !== id ? row',
    test: 'packages/platform/test/sealing/rotation.test.ts',
  },
  {
    name: 'rotation-passes-over-the-first-value-of-a-page',
    guarantee: 'FD-05 rotation',
    file: 'packages/platform/src/sealing-ops/rotation.ts',
    find: 'const older = page.filter(',
    replace: 'const older = page.slice(1).filter(',
    test: 'packages/platform/test/sealing/rotation.test.ts',
  },
  {
    name: 'short-key-accepted',
    guarantee: 'FD-05 secrets',
    file: `${sealing}/key-chain.ts`,
    find: 'bytes.length !== keyBytes',
    replace: 'bytes.length > keyBytes',
    test,
  },
];
