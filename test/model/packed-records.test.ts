/** Packed records: the canonical texts one after the other, and what is read from their bytes. */

import { expect } from 'chai';
import fc from 'fast-check';
import { byteMemo } from '../../gateway/model/byte-memo.ts';
import { cellOf, cellText, openCells, readCells } from '../../gateway/model/record/json-spans.ts';
import { leafOf, recordText } from '../../gateway/model/list/digest.ts';
import type { ListRecord } from '../../gateway/model/list/list.ts';
import {
  appendRecords,
  cellsAt,
  entriesOf,
  openPacker,
  packed,
  packedOf,
  pickRecords,
  recordFields,
  rolesFrom,
  sliceRecords,
  textAt,
  unpacked,
} from '../../gateway/model/record/packed-records.ts';
import { thrownBy } from '../support/thrown.ts';
import { anyListRecord } from './sample-records.ts';

const records = fc.array(anyListRecord, { maxLength: 8 });
const sorted = (record: ListRecord): ListRecord => ({ ...record, roles: [...record.roles].sort() });

describe('packed records', () => {
  it('are the canonical texts of the records, and give them back', () => {
    fc.assert(
      fc.property(records, (some) => {
        const packedSome = packedOf(some);
        expect(some.map((_, i) => textAt(packedSome, i))).to.deep.equal(some.map(recordText));
        expect(unpacked(packedSome)).to.deep.equal(some.map(sorted));
      }),
    );
  });

  it('are cut, picked and joined without a change to any of them', () => {
    fc.assert(
      fc.property(records, records, fc.nat(9), fc.nat(9), (some, more, from, length) => {
        const packedSome = packedOf(some);
        expect(unpacked(sliceRecords(packedSome, from, from + length))).to.deep.equal(
          unpacked(packedSome).slice(from, from + length),
        );
        const numbers = [...some.keys()].reverse();
        expect(unpacked(pickRecords(packedSome, numbers))).to.deep.equal(unpacked(packedSome).reverse());
        const packer = openPacker();
        for (const part of [sliceRecords(packedSome, from, from + length), packedOf(more)]) appendRecords(packer, part);
        const joined = packed(packer);
        expect(unpacked(joined)).to.deep.equal([...some.slice(from, from + length), ...more].map(sorted));
        expect(entriesOf(joined).map(({ leaf }) => leaf)).to.deep.equal(unpacked(joined).map(leafOf));
      }),
    );
  });

  it('tell of each record who it is about, its leaf and whether the operator is active', () => {
    fc.assert(
      fc.property(records, (some) => {
        expect(entriesOf(packedOf(some))).to.deep.equal(
          some.map((record) => ({
            identifier: record.identifier,
            leaf: leafOf(record),
            active: record.status === 'active',
          })),
        );
      }),
    );
  });

  it('show each value as a cell, in the order of the fields, and an absent one as an empty cell', () => {
    fc.assert(
      fc.property(anyListRecord, (record) => {
        const cells = openCells();
        cellsAt(cells, packedOf([record]), 0);
        const { name, address } = record;
        const values: Record<string, string | undefined> = {
          ...{ ...record, name: undefined, address: undefined, roles: undefined },
          ...{ 'name.local': name.local, 'name.latin': name.latin },
          ...{ 'address.local': address.local, 'address.latin': address.latin },
          ...{ 'address.city': address.city, 'address.postcode': address.postcode },
        };
        const shown = Array.from({ length: cells.count }, (_, i) => cellText(cells, i));
        expect(shown).to.deep.equal([...recordFields.map((field) => values[field] ?? ''), ...[...record.roles].sort()]);
        expect(shown).to.have.length(rolesFrom + record.roles.length);
      }),
    );
  });
});

describe('cells', () => {
  it('are the strings of nested arrays, wherever they stand', () => {
    const texts = fc.array(fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(texts, texts, (some, more) => {
        const bytes = Buffer.from(`..${JSON.stringify([some, more])}\n["next"]`);
        const cells = openCells();
        const end = readCells(cells, bytes, 2);
        expect(bytes[end]).to.equal(0x0a);
        const all = Array.from({ length: cells.count }, (_, i) => cellText(cells, i));
        expect(all).to.deep.equal([...some, ...more]);
        expect(
          all.map(cellOf).every((cell, i) => bytes.subarray(cells.starts[i], cells.ends[i]).equals(Buffer.from(cell))),
        ).to.equal(true);
      }),
    );
  });

  it('of a text that ends early are refused', () => {
    for (const text of ['', '[', '["a"', '["a', '["a\\', '[["a"]'])
      expect(thrownBy(() => readCells(openCells(), Buffer.from(text), 0)).code).to.equal('E_INTERNAL');
  });
});

describe('the memory of short byte strings', () => {
  it('works each of them out once, wherever it stands', () => {
    const asked: string[] = [];
    const memo = byteMemo((text) => {
      asked.push(text);
      return text.length;
    });
    const bytes = Buffer.from('active suspended active');
    expect([memo(bytes, 0, 6), memo(bytes, 7, 16), memo(bytes, 17, 23), memo(bytes, 17, 23)]).to.deep.equal([
      6, 9, 6, 6,
    ]);
    expect(asked).to.deep.equal(['active', 'suspended']);
  });

  it('never takes one for another, however many there are, and keeps a bounded number', () => {
    let asked = 0;
    const memo = byteMemo((text) => {
      asked += 1;
      return text;
    });
    const words = Array.from({ length: 10_000 }, (_, i) => Buffer.from(String(i)));
    for (let round = 0; round < 2; round += 1)
      for (const word of words) expect(memo(word, 0, word.length)).to.equal(word.toString());
    expect(asked).to.equal(2 * 10_000 - 4096);
  });

  it('does not keep the bytes it was asked about', () => {
    let asked = 0;
    const memo = byteMemo((text) => {
      asked += 1;
      return text;
    });
    const bytes = Buffer.from('aaaa');
    memo(bytes, 0, 4);
    bytes.fill('b');
    expect([memo(Buffer.from('aaaa'), 0, 4), asked]).to.deep.equal(['aaaa', 1]);
    expect([memo(bytes, 0, 4), asked]).to.deep.equal(['bbbb', 2]);
  });
});
