/** Domestic records and rows for tests, and generators of them. */

import { hash } from 'node:crypto';
import fc from 'fast-check';
import { columnValues, recordText, type RecordColumn } from '../../gateway/model/record/record-text.ts';
import { roles, type DomesticRecord, type ListRecord } from '../../gateway/model/record/record.ts';
import { anyText } from '../support/any-text.ts';
import { sampleHome } from './sample-home.ts';

export const sampleRecord: DomesticRecord = {
  code: '4403131697',
  businessNumber: '91510107079012337R',
  name: { local: '深圳达瑞新材料有限公司', latin: 'SHENZHEN DARUI NEW MATERIALS CO., LTD.' },
  address: { local: '深圳科技南路41', latin: '41 KEJI SOUTH ROAD', city: 'SHENZHEN', postcode: '518057' },
  grade: 'advanced',
  gradeSince: '2016-02-29',
  status: 'active',
  statusSince: '2016-02-29',
  roles: ['exporter', 'warehouse'],
  consent: true,
  consentSince: '2016-02-29',
};

/** The leaf of one record (gateway/model/list/digest.ts). */
export function leafOf(record: ListRecord): string {
  return hash('sha256', `\u0000${recordText(record)}`, 'hex');
}

/** The cells of the sample record under the titles of the sample home, with some of them replaced. */
export function sampleFields(changes: Partial<Record<RecordColumn, string>> = {}): Record<string, string> {
  const cells: Partial<Record<string, string>> = { ...columnValues(sampleRecord), ...changes };
  return Object.fromEntries(Object.entries(sampleHome.columns).map(([path, title]) => [title, cells[path] ?? '']));
}

const text = fc.oneof(
  anyText(20).filter((some) => some.isWellFormed()),
  // Few letters and the signs of the canonical form: records that are easily taken for each other.
  fc.string({ minLength: 1, maxLength: 2, unit: fc.constantFrom('a', '"', ',', '[', '\\') }),
);
const day = fc
  .integer({ min: 0, max: 20_000 })
  .map((number) => new Date(number * 86_400_000).toISOString().slice(0, 10));
const texts = fc.record({ local: text, latin: text }, { requiredKeys: [], noNullPrototype: true });

/** A list record with any texts a partner could send, quotes, line ends and rare letters among them. */
export const anyListRecord: fc.Arbitrary<ListRecord> = fc.record(
  {
    identifier: text,
    name: texts,
    address: fc.record(
      { local: text, latin: text, city: text, postcode: text },
      { requiredKeys: [], noNullPrototype: true },
    ),
    grade: text,
    status: fc.constantFrom('active' as const, 'suspended' as const),
    statusSince: day,
    validFrom: day,
    validTo: day,
    roles: fc.subarray([...roles]),
    coordinator: fc
      .record({ name: text, telephone: text, email: text }, { requiredKeys: [], noNullPrototype: true })
      .filter((group) => Object.keys(group).length > 0),
  },
  {
    noNullPrototype: true,
    requiredKeys: ['identifier', 'name', 'address', 'grade', 'status', 'statusSince', 'validFrom', 'roles'],
  },
);
