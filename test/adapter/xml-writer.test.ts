/** Lists of XML partners written beside a reference that joins strings: the same texts, the same refusals; and operators as partners read them. */

import { expect } from 'chai';
import fc from 'fast-check';
import { readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter, ListFormat } from '../../gateway/adapter/adapter.ts';
import { inventList } from '../../gateway/adapter/check/generate.ts';
import { seededRandom } from '../../gateway/model/seeded-random.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { openColumns, readColumns } from '../../gateway/model/record/columns.ts';
import { encodedText } from '../../gateway/adapter/format.ts';
import { type ListTerms } from '../../gateway/model/record/eligibility.ts';
import { isGatewayError } from '../../gateway/model/errors.ts';
import { eligibility, operatorPacker, viewRecord } from '../../gateway/model/record/partner-view.ts';
import { domesticLayout, operatorOfText, operatorText } from '../../gateway/model/record/record-text.ts';
import {
  mirrorEntries,
  openPacker,
  closePacker,
  packRecords,
  unpackRecords,
} from '../../gateway/model/record/packed-records.ts';
import { roles, type DomesticRecord, type ListRecord } from '../../gateway/model/record/record.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { anyText } from '../support/any-text.ts';
import { aListMessage, aListRecord } from '../support/messages.ts';
import { referencesOf, type Reference } from '../support/xml-reference.ts';

const folders = readdirSync(adaptersFolder).filter((cc) => existsSync(join(adaptersFolder, cc, 'adapter.yaml')));

/** What a list becomes, or why not. */
function outcomeOf(work: () => string): string {
  try {
    return work();
  } catch (error) {
    if (isGatewayError(error)) return `${error.code} at ${error.at ?? 'no place'}: ${error.detail}`;
    throw error;
  }
}

const text = fc.oneof(
  anyText(30),
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
  describe(`lists of ${cc}`, () => {
    let adapter: Adapter;
    let layouts: readonly ListFormat[];
    let references: ReadonlyMap<ListFormat, Reference>;
    before(async () => {
      adapter = await loadAdapter(join(adaptersFolder, cc), adapterTools);
      layouts = [...new Set(adapter.periods.map((day) => adapter.formatsOn(day).list))];
      references = await referencesOf(adapter);
    });

    it('are written as the reference writes them', () => {
      for (const [format, reference] of references) {
        for (let seed = 1; seed <= 60; seed += 1) {
          const list = inventList(adapter, seededRandom(seed), format);
          expect(encodedText(format, list)).to.equal(reference.write(list));
        }
      }
    });

    it('are refused at the place and for the reason for which the reference refuses them', () => {
      const grade = adapter.arrangement.grades[0] ?? '';
      const property = fc.property(operatorFor(adapter), (operator) => {
        const { name, address, statusSince, gradeSince: validFrom, roles: some } = operator;
        const record = aListRecord({ grade, name, address, statusSince, validFrom, roles: [...some].sort() });
        const strange = aListRecord({ grade: 'unknown', name, address });
        for (const [format, reference] of references) {
          for (const records of [[aListRecord({ grade }), record], [strange]]) {
            const list = aListMessage({ records });
            expect(outcomeOf(() => encodedText(format, list))).to.equal(outcomeOf(() => reference.write(list)));
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
            requiredPaths: format.requiredPaths,
            form: adapter.identifiers.ours,
          };
          const columns = openColumns();
          const packer = openPacker();
          readColumns(columns, domesticLayout, Buffer.from(operatorText(operator)), 0);
          const result = operatorPacker(terms, format.view)(columns, packer);
          const judged = eligibility(operator, terms);
          const read = judged.eligible ? readByPartner(format, judged.entry) : undefined;
          const records = packRecords(read === undefined ? [] : [read]);
          expect(unpackRecords(closePacker(packer))).to.deep.equal(unpackRecords(records));
          const reasons = judged.eligible ? ['value_not_writable'] : judged.reasons;
          expect(result).to.deep.equal(read === undefined ? reasons : mirrorEntries(records)[0]);
        }
      });
      fc.assert(property, { numRuns: 300 });
    });
  });
}

function readByPartner(format: ListFormat, record: ListRecord): ListRecord | undefined {
  try {
    return viewRecord(record, format.view);
  } catch (error) {
    if (isGatewayError(error) && error.code === 'E_VALUE_INVALID') return undefined;
    throw error;
  }
}
