/** The difference of two lists: applied to the list held, it gives the list wanted. */

import type { ListRecord } from '../../gateway/model/record/record.ts';
import { expect } from 'chai';
import fc from 'fast-check';
import { compareByLeaf } from '../../gateway/model/list/list-difference.ts';
import { anyListRecord, leafOf } from './sample-records.ts';

const listOf = fc.uniqueArray(anyListRecord, { selector: ({ identifier }) => identifier, maxLength: 12 });
const withLeaves = (records: readonly ListRecord[]): { record: ListRecord; leaf: string }[] =>
  records.map((record) => ({ record, leaf: leafOf(record) }));
const held = (records: readonly ListRecord[]): Map<string, string> =>
  new Map(withLeaves(records).map(({ record, leaf }) => [record.identifier, leaf]));

describe('the difference of two lists', () => {
  it('turns the list held into the list wanted', () => {
    // Of the records held some stay, some change and some leave.
    const both = fc.tuple(listOf, listOf, fc.infiniteStream(fc.constantFrom('stay', 'change', 'leave')));
    fc.assert(
      fc.property(both, ([before, fresh, fates]) => {
        const known = new Set(before.map(({ identifier }) => identifier));
        const wanted = fresh.filter(({ identifier }) => !known.has(identifier));
        for (const record of before) {
          const fate: unknown = fates.next().value;
          if (fate === 'stay') wanted.push(record);
          if (fate === 'change') wanted.push({ ...record, grade: `${record.grade}+` });
        }
        const difference = compareByLeaf(held(before), withLeaves(wanted));
        const after = held(before);
        for (const record of [...difference.added, ...difference.changed]) after.set(record.identifier, leafOf(record));
        for (const identifier of difference.left) after.delete(identifier);
        expect(new Map([...after].sort())).to.deep.equal(new Map([...held(wanted)].sort()));
        for (const { identifier } of difference.added) expect(known.has(identifier)).to.equal(false);
        for (const { identifier } of difference.changed) expect(known.has(identifier)).to.equal(true);
      }),
    );
  });

  it('is empty between a list and itself', () => {
    fc.assert(
      fc.property(listOf, (records) => {
        const difference = compareByLeaf(held(records), withLeaves([...records].reverse()));
        expect(difference).to.deep.equal({ added: [], changed: [], left: [] });
      }),
    );
  });

  it('hands back the very records it was given', () => {
    fc.assert(
      fc.property(listOf, (records) => {
        const { added } = compareByLeaf(new Map(), withLeaves(records));
        expect(added.every((record, i) => record === records[i])).to.equal(true);
      }),
    );
  });
});
