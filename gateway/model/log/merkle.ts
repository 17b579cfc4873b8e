/** The Merkle tree of RFC 6962 (2.1) over leaf hashes: roots, inclusion proofs, and a tree that grows leaf by leaf. */

import { hash } from 'node:crypto';

/** SHA-256, 32 bytes. */
export type TreeHash = Buffer;

function nodeHash(left: TreeHash, right: TreeHash): TreeHash {
  return hash('sha256', Buffer.concat([Buffer.of(1), left, right]), 'buffer');
}

/** The hash of a complete subtree: of the 2^level leaves from index · 2^level on, which all exist. Leaves are counted from 0. */
export type SubtreeHash = (level: number, index: number) => Promise<TreeHash>;

/** The root over the first `size` leaves. */
export async function rootOf(subtree: SubtreeHash, size: number): Promise<TreeHash> {
  return size === 0 ? hash('sha256', '', 'buffer') : await rangeHash(subtree, 0, size);
}

/** Of leaf `leaf` in the tree of `size` leaves: the hashes beside its way to the root, the lowest first (2.1.1). */
export async function inclusionProof(subtree: SubtreeHash, leaf: number, size: number): Promise<readonly TreeHash[]> {
  const proof: TreeHash[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + leftLeaves(to - from);
    if (leaf < middle) {
      proof.push(await rangeHash(subtree, middle, to));
      to = middle;
    } else {
      proof.push(await rangeHash(subtree, from, middle));
      from = middle;
    }
  }
  return proof.reverse();
}

/** `from` is a multiple of the largest complete subtree in the range, as it is in every split of a tree. */
async function rangeHash(subtree: SubtreeHash, from: number, to: number): Promise<TreeHash> {
  const count = to - from;
  const level = Math.log2(count);
  if (Number.isInteger(level)) return await subtree(level, from / count);
  const middle = from + leftLeaves(count);
  return nodeHash(await rangeHash(subtree, from, middle), await rangeHash(subtree, middle, to));
}

/** The largest power of two below `count`. */
function leftLeaves(count: number): number {
  let left = 1;
  while (left * 2 < count) left *= 2;
  return left;
}

/** The hash of complete subtrees that are neighbours; their number is a power of two. */
export function joined(hashes: readonly TreeHash[]): TreeHash {
  let level = [...hashes];
  while (level.length > 1) {
    const next: TreeHash[] = [];
    for (let i = 0; i < level.length; i += 2) next.push(nodeHash(level[i] as TreeHash, level[i + 1] as TreeHash));
    level = next;
  }
  return level[0] as TreeHash;
}

interface GrowingTree {
  /** The next leaf, or the hash of the next 2^level leaves where the size is a multiple of that. */
  add(hash: TreeHash, level?: number): void;
  readonly size: number;
  root(): TreeHash;
}

export function growingTree(): GrowingTree {
  /** Complete subtrees from the left, each larger than the next: the binary digits of the size. */
  const subtrees: TreeHash[] = [];
  let size = 0;
  return {
    add(added, level = 0) {
      let grown = added;
      for (let rest = size / 2 ** level; rest % 2 === 1; rest = Math.floor(rest / 2))
        grown = nodeHash(subtrees.pop() as TreeHash, grown);
      subtrees.push(grown);
      size += 2 ** level;
    },
    get size() {
      return size;
    },
    root() {
      if (size === 0) return hash('sha256', '', 'buffer');
      return subtrees.reduceRight((right, left) => nodeHash(left, right));
    },
  };
}
