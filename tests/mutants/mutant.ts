/**
 * A small change that breaks one guarantee. `npm run mutants` makes it in a copy of the house and runs the tests that
 * are said to hold the guarantee: they must fail by a failed expectation. A mutant that survives means that nobody
 * would notice the guarantee going.
 *
 * Add one to the file of its package in this folder: `export const mutants: readonly Mutant[] = [ … ]`.
 */
export interface Mutant {
  /** kebab-case, unique: what the mutant does wrong. */
  readonly name: string;
  /** The requirement it breaks, with a clause where it has any: `HB-08 fence`. */
  readonly guarantee: string;
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** The test file that must notice. */
  readonly test: string;
  /** Part of the names of the tests that must notice; without it, all tests of the file that cite the requirement. */
  readonly testName?: string;
}
