import { keccak256 } from '../eip712/hash.ts';

/** Before every inner node: nothing that is hashed as a node can ever be taken for a leaf, nor the other way round. */
const nodePrefix = 0x01;

/** That a leaf is in a tree: its place, how many leaves there are, and the neighbours on the way up. */
export interface InclusionProof {
  readonly index: number;
  readonly count: number;
  readonly siblings: readonly Uint8Array[];
}

/**
 * The levels of the tree of RFC 6962 over some leaves, from the leaves to the root. A last node without a neighbour goes
 * up as it is, so no leaf is ever counted twice.
 * @throws RangeError when there are no leaves
 */
export function merkleLevels(leaves: readonly Uint8Array[]): (readonly Uint8Array[])[] {
  if (leaves.length === 0) throw new RangeError('a tree has at least one leaf');
  const levels: (readonly Uint8Array[])[] = [leaves];
  for (let level = leaves; level.length > 1; levels.push(level)) level = parentsOf(level);
  return levels;
}

function parentsOf(level: readonly Uint8Array[]): Uint8Array[] {
  const parents: Uint8Array[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const left = level[at]!;
    const right = level[at + 1];
    parents.push(right === undefined ? left : nodeOf(left, right));
  }
  return parents;
}

export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  return merkleLevels(leaves).at(-1)![0]!;
}

/** The proof for one leaf of a tree that `merkleLevels` made. */
export function proofOf(levels: readonly (readonly Uint8Array[])[], index: number): InclusionProof {
  const siblings: Uint8Array[] = [];
  let at = index;
  for (const level of levels.slice(0, -1)) {
    const sibling = level[at ^ 1];
    if (sibling !== undefined) siblings.push(sibling);
    at >>= 1;
  }
  return { index, count: levels[0]!.length, siblings };
}

/** The root that a leaf and its proof lead to; undefined when the proof has not the length that its place asks for. */
export function rootFrom(leaf: Uint8Array, { index, count, siblings }: InclusionProof): Uint8Array | undefined {
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(index) || index < 0 || index >= count) return undefined;
  let hash = leaf;
  let used = 0;
  for (let at = index, size = count; size > 1; at = Math.floor(at / 2), size = Math.ceil(size / 2)) {
    if (at % 2 === 0 && at + 1 === size) continue; // no neighbour on this level
    const sibling = siblings[used++];
    if (sibling?.length !== 32) return undefined;
    hash = at % 2 === 0 ? nodeOf(hash, sibling) : nodeOf(sibling, hash);
  }
  return used === siblings.length ? hash : undefined;
}

function nodeOf(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(65);
  bytes[0] = nodePrefix;
  bytes.set(left, 1);
  bytes.set(right, 33);
  return keccak256(bytes);
}
