/** Packed records: the canonical texts one after the other, and what is read from their bytes. */

import type { ListRecord } from '../../gateway/model/record/record.ts';
import { expect } from 'chai';
import fc from 'fast-check';
import { byteMemo } from '../../gateway/model/byte-memo.ts';
import { columnText, insideQuotes, openColumns, readColumns } from '../../gateway/model/record/columns.ts';
import {
  domesticLayout,
  listLayout,
  operatorOfText,
  operatorText,
  recordText,
} from '../../gateway/model/record/record-text.ts';
import {
  appendRecords,
  mirrorEntries,
  openPacker,
  closePacker,
  packRecords,
  pickRecords,
  readRecordAt,
  sliceRecords,
  recordTextAt,
  unpackRecords,
} from '../../gateway/model/record/packed-records.ts';
import { thrownBy } from '../support/thrown.ts';
import { getterOf } from '../../gateway/model/paths.ts';
import { anyListRecord, leafOf, sampleRecord } from './sample-records.ts';

const records = fc.array(anyListRecord, { maxLength: 8 });
const sorted = (record: ListRecord): ListRecord => ({ ...record, roles: [...record.roles].sort() });

describe('packed records', () => {
  it('are the canonical texts of the records, and give them back', () => {
    fc.assert(
      fc.property(records, (some) => {
        const packedSome = packRecords(some);
        expect(some.map((_, i) => recordTextAt(packedSome, i))).to.deep.equal(some.map(recordText));
        expect(unpackRecords(packedSome)).to.deep.equal(some.map(sorted));
      }),
    );
  });

  it('are cut, picked and joined without a change to any of them', () => {
    fc.assert(
      fc.property(records, records, fc.nat(9), fc.nat(9), (some, more, from, length) => {
        const packedSome = packRecords(some);
        expect(unpackRecords(sliceRecords(packedSome, from, from + length))).to.deep.equal(
          unpackRecords(packedSome).slice(from, from + length),
        );
        const numbers = [...some.keys()].reverse();
        expect(unpackRecords(pickRecords(packedSome, numbers))).to.deep.equal(unpackRecords(packedSome).reverse());
        const packer = openPacker();
        for (const part of [sliceRecords(packedSome, from, from + length), packRecords(more)])
          appendRecords(packer, part);
        const joined = closePacker(packer);
        expect(unpackRecords(joined)).to.deep.equal([...some.slice(from, from + length), ...more].map(sorted));
        expect(mirrorEntries(joined).map(({ leaf }) => leaf)).to.deep.equal(unpackRecords(joined).map(leafOf));
      }),
    );
  });

  it('tell of each record who it is about, its leaf and whether the operator is active', () => {
    fc.assert(
      fc.property(records, (some) => {
        expect(mirrorEntries(packRecords(some))).to.deep.equal(
          some.map((record) => ({
            identifier: record.identifier,
            leaf: leafOf(record),
            active: record.status === 'active',
          })),
        );
      }),
    );
  });

  it('hold each value in the column of its path, an empty one where it is absent, and the roles behind', () => {
    fc.assert(
      fc.property(anyListRecord, (record) => {
        const columns = openColumns();
        readRecordAt(columns, packRecords([record]), 0);
        const shown = Array.from({ length: columns.count }, (_, i) =>
          columns.starts[i] === columns.ends[i] ? '' : columnText(columns, i),
        );
        const values = listLayout.paths.map((path) => getterOf(path)(record) ?? '');
        expect(shown).to.deep.equal([...values, ...[...record.roles].sort()]);
      }),
    );
  });
});

describe('the columns of a record', () => {
  it('stand in its bytes as JSON writes them, wherever the text starts', () => {
    fc.assert(
      fc.property(anyListRecord, (record) => {
        const bytes = Buffer.from(`..${recordText(record)}\n["next"]`);
        const columns = openColumns();
        const end = readColumns(columns, listLayout, bytes, 2);
        expect(bytes[end]).to.equal(0x0a);
        for (const [i, path] of listLayout.paths.entries()) {
          const value = (getterOf(path)(record) ?? '') as string;
          const found = bytes.subarray(columns.starts[i], columns.ends[i]).toString();
          expect(found).to.equal(insideQuotes(value));
        }
      }),
    );
  });

  it('of domestic records are found in the text the store keeps', () => {
    const text = operatorText(sampleRecord);
    const columns = openColumns();
    readColumns(columns, domesticLayout, Buffer.from(text), 0);
    expect(columnText(columns, domesticLayout.column.gradeSince)).to.equal(sampleRecord.gradeSince);
    expect(columns.count - domesticLayout.rolesFrom).to.equal(sampleRecord.roles.length);
    expect(operatorOfText(text)).to.deep.equal(sampleRecord);
  });

  it('of a text that ends early are refused', () => {
    for (const text of ['', '[', '["a"', '["a', '["a\\', '[["a"]'])
      expect(thrownBy(() => readColumns(openColumns(), listLayout, Buffer.from(text), 0)).code).to.equal('E_INTERNAL');
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
