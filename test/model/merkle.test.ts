/** The tree of RFC 6962, compared with its definition. */

import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { growingTree, inclusionProof, joined, rootOf, type SubtreeHash } from '../../gateway/model/log/merkle.ts';

const sha256 = (...parts: (string | Uint8Array)[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

/** RFC 6962, 2.1, word for word. */
function definedRoot(leaves: readonly Buffer[]): Buffer {
  const [only, ...more] = leaves;
  if (only === undefined) return sha256('');
  if (more.length === 0) return only;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Buffer.of(1), definedRoot(leaves.slice(0, k)), definedRoot(leaves.slice(k)));
}

/** RFC 6962, 2.1.1. */
function definedPath(m: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length <= 1) return [];
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return m < k
    ? [...definedPath(m, leaves.slice(0, k)), definedRoot(leaves.slice(k))]
    : [...definedPath(m - k, leaves.slice(k)), definedRoot(leaves.slice(0, k))];
}

const leavesOf = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, i) => sha256(Buffer.of(0), `leaf ${i}`));
const subtreesOf =
  (leaves: readonly Buffer[]): SubtreeHash =>
  (level, index) =>
    Promise.resolve(joined(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)));

describe('the tree of the log', () => {
  it('has the root of the definition at every size, grown leaf by leaf or from subtrees', async () => {
    const leaves = leavesOf(300);
    const tree = growingTree();
    for (let size = 0; size <= leaves.length; size += 1) {
      const defined = definedRoot(leaves.slice(0, size));
      expect(tree.root().equals(defined), `grown to ${size}`).to.equal(true);
      expect((await rootOf(subtreesOf(leaves), size)).equals(defined), `of ${size}`).to.equal(true);
      const leaf = leaves[size];
      if (leaf !== undefined) tree.add(leaf);
    }
  });

  it('has the proofs of inclusion of the definition', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 400 }), fc.nat(), async (size, number) => {
        const leaves = leavesOf(size);
        const leaf = number % size;
        const proof = await inclusionProof(subtreesOf(leaves), leaf, size);
        expect(proof.map((each) => each.toString('hex'))).to.deep.equal(
          definedPath(leaf, leaves).map((each) => each.toString('hex')),
        );
      }),
      { numRuns: 100, seed: 5 },
    );
  });
});
