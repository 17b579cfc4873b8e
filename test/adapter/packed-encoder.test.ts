/** Lists from the store's bytes to those of a message: the same, and refused alike, as by way of objects. */

import { expect } from 'chai';
import fc from 'fast-check';
import { readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter, ListFormat } from '../../gateway/adapter/adapter.ts';
import { inventList } from '../../gateway/adapter/check/generate.ts';
import { seededRandom } from '../../gateway/model/seeded-random.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { written } from '../../gateway/model/byte-writer.ts';
import { openCells, readCells } from '../../gateway/model/record/json-spans.ts';
import { eligibility, type ListTerms } from '../../gateway/model/record/eligibility.ts';
import { isGatewayError } from '../../gateway/model/errors.ts';
import type { ListMessage } from '../../gateway/model/list/list.ts';
import { operatorPacking } from '../../gateway/model/record/partner-view.ts';
import { operatorOfText, operatorText } from '../../gateway/model/record/operator-text.ts';
import { entriesOf, openPacker, packed, packedOf, unpacked } from '../../gateway/model/record/packed-records.ts';
import { roles, type DomesticRecord } from '../../gateway/model/record/domestic-record.ts';
import { writeChunks } from '../../gateway/wire/signature/seal.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { aListMessage, aListRecord } from '../support/messages.ts';

const folders = readdirSync(adaptersFolder).filter((cc) => existsSync(join(adaptersFolder, cc, 'adapter.yaml')));

/** What a list becomes, or why not. */
function textOf(work: () => Iterable<string | Uint8Array>): string {
  try {
    return written(writeChunks(work())).toString();
  } catch (error) {
    if (isGatewayError(error)) return `${error.code} at ${error.at ?? 'no place'}: ${error.detail}`;
    throw error;
  }
}

function bothWays(format: ListFormat, list: ListMessage): { packed: string; objects: string } {
  const records = packedOf(list.records);
  return {
    packed: textOf(() => format.encodePacked({ ...list, records })),
    objects: textOf(() => format.encode({ ...list, records: unpacked(records) })),
  };
}

const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 30, unit: 'binary' }),
  fc.string({
    minLength: 1,
    maxLength: 6,
    unit: fc.constantFrom('a', '&', '<', '>', '"', '\\', '\n', 'ß', '（', '￿', ' '),
  }),
  fc.constantFrom('示例贸易有限公司', 'SAMPLE & SONS CO., LTD.', 'x'.repeat(300)),
);
const maybe = fc.option(text, { nil: undefined });
const day = fc.constantFrom('2016-02-29', '2024-05-20', '2026-11-01');

/** Operators of the home programme with any texts an import lets through, and some that it would not. */
function operatorFor(adapter: Adapter): fc.Arbitrary<DomesticRecord> {
  return fc
    .record({
      code: fc.constantFrom('4403131697', '440313169X', '1', 'ÄÖ"1234567'),
      businessNumber: maybe,
      name: fc.record({ local: maybe, latin: maybe }),
      address: fc.record({ local: maybe, latin: maybe, city: maybe, postcode: maybe }),
      grade: fc.constantFrom(...adapter.arrangement.grades, ...adapter.otherSide.grades, 'none'),
      gradeSince: day,
      status: fc.constantFrom('active' as const, 'suspended' as const, 'revoked' as const),
      statusSince: day,
      roles: fc.uniqueArray(fc.constantFrom(...roles)),
      consent: fc.constantFrom(true, true, true, false),
      consentSince: fc.option(day, { nil: undefined }),
    })
    .map((made) => operatorOfText(operatorText(made as unknown as DomesticRecord)));
}

for (const cc of folders) {
  describe(`packed lists of ${cc}`, () => {
    let adapter: Adapter;
    let layouts: readonly ListFormat[];
    before(async () => {
      adapter = await loadAdapter(join(adaptersFolder, cc), adapterTools);
      layouts = [...new Set(adapter.stretches.map((day) => adapter.on(day).list))];
    });

    it('are written as by way of objects', () => {
      for (const format of layouts) {
        for (let seed = 1; seed <= 60; seed += 1) {
          const list = inventList(adapter, seededRandom(seed), format);
          const both = bothWays(format, list);
          expect(both.packed).to.equal(both.objects);
        }
      }
    });

    it('are never made into objects where they are plain and the layout is XML', () => {
      const record = aListRecord({
        grade: adapter.arrangement.grades[0] ?? '',
        name: { local: '示例', latin: 'A & B' },
      });
      const packed = packedOf([record, { ...record, status: 'suspended', roles: [...roles] }]);
      // The strings are there, the arrays around them are not: nobody reads the records from that.
      const flat = { ...packed, bytes: Buffer.from(packed.bytes) };
      for (const [i, start] of packed.starts.subarray(0, -1).entries()) {
        const part = flat.bytes.subarray(start + 2, (packed.starts[i + 1] ?? 0) - 1);
        for (const [at, byte] of part.entries()) if (byte === 0x5b || byte === 0x5d) part[at] = 0x20;
      }
      for (const format of layouts.filter((layout) => layout.format === 'xml')) {
        const list = aListMessage();
        expect(unpacked(flat)).to.not.deep.equal(unpacked(packed));
        expect(textOf(() => format.encodePacked({ ...list, records: flat }))).to.equal(
          textOf(() => format.encodePacked({ ...list, records: packed })),
        );
      }
    });

    it('are refused at the place and for the reason for which objects are', () => {
      const grade = adapter.arrangement.grades[0] ?? '';
      const property = fc.property(operatorFor(adapter), (operator) => {
        const { name, address, statusSince, gradeSince: validFrom, roles: some } = operator;
        const record = aListRecord({ grade, name, address, statusSince, validFrom, roles: some });
        const strange = aListRecord({ grade: 'unknown', name, address });
        for (const format of layouts) {
          for (const records of [[aListRecord({ grade }), record], [strange]]) {
            const both = bothWays(format, aListMessage({ records }));
            expect(both.packed).to.equal(both.objects);
          }
        }
      });
      fc.assert(property, { numRuns: 150 });
    });

    it('hold operators as the layout lets them be seen, and leave others out for the same reasons', () => {
      const property = fc.property(operatorFor(adapter), (operator) => {
        for (const format of layouts) {
          const terms: ListTerms = {
            arrangement: adapter.arrangement,
            needs: format.needs,
            form: adapter.identifiers.ours,
          };
          const cells = openCells();
          const packer = openPacker();
          readCells(cells, Buffer.from(operatorText(operator)), 0);
          const view = operatorPacking(terms, format.viewing)(cells, packer);
          const judged = eligibility(operator, terms);
          const seen = judged.eligible ? asSeen(format, judged.entry) : undefined;
          const records = packedOf(seen === undefined ? [] : [seen]);
          expect(unpacked(packed(packer))).to.deep.equal(unpacked(records));
          const reasons = judged.eligible ? ['value_not_writable'] : judged.reasons;
          expect(view).to.deep.equal(seen === undefined ? reasons : entriesOf(records)[0]);
        }
      });
      fc.assert(property, { numRuns: 300 });
    });
  });
}

function asSeen(format: ListFormat, record: Parameters<ListFormat['asSeen']>[0]) {
  try {
    return format.asSeen(record);
  } catch (error) {
    if (isGatewayError(error) && error.code === 'E_VALUE_INVALID') return undefined;
    throw error;
  }
}
