/**
 * One of our own operators as the store keeps it: a JSON array of texts in this order, then its roles. What is absent is an empty
 * text. The order is that of a list record (packed-records.ts) as far as it goes, so that neighbours are copied together.
 */

import {
  textPaths,
  type Address,
  type DomesticRecord,
  type OperatorStatus,
  type Role,
  type TwoScripts,
} from './domestic-record.ts';

export const operatorFields = [
  'code',
  'businessNumber',
  ...textPaths,
  'grade',
  'status',
  'statusSince',
  'gradeSince',
  'consent',
  'consentSince',
] as const;
export type OperatorField = (typeof operatorFields)[number];
export const operatorRolesFrom = operatorFields.length;

/** The place of a value among the cells (cells.ts) of an operator's text. */
export const operatorCell = Object.fromEntries(operatorFields.map((path, i) => [path, i])) as Readonly<
  Record<OperatorField, number>
>;

export function operatorText({ name, address, ...rest }: DomesticRecord): string {
  return JSON.stringify([
    rest.code,
    rest.businessNumber ?? '',
    name.local ?? '',
    name.latin ?? '',
    address.local ?? '',
    address.latin ?? '',
    address.city ?? '',
    address.postcode ?? '',
    rest.grade,
    rest.status,
    rest.statusSince,
    rest.gradeSince,
    rest.consent ? 'yes' : 'no',
    rest.consentSince ?? '',
    ...rest.roles,
  ]);
}

/** The operator of a text that operatorText wrote. */
export function operatorOfText(text: string): DomesticRecord {
  const cells = JSON.parse(text) as readonly string[];
  const [code = '', businessNumber, local, latin, addressLocal, addressLatin, city, postcode, ...more] = cells;
  const [grade = '', status, statusSince = '', gradeSince = '', consent, consentSince, ...roles] = more;
  return {
    code,
    ...present({ businessNumber }),
    name: present({ local, latin }) satisfies TwoScripts,
    address: present({ local: addressLocal, latin: addressLatin, city, postcode }) satisfies Address,
    grade,
    gradeSince,
    status: status as OperatorStatus,
    statusSince,
    roles: roles as Role[],
    consent: consent === 'yes',
    ...present({ consentSince }),
  };
}

/** Without what is absent. */
function present<K extends string>(texts: Readonly<Record<K, string | undefined>>): { [P in K]?: string } {
  const held = Object.entries(texts).filter(([, text]) => text !== undefined && text !== '');
  return Object.fromEntries(held) as { [P in K]?: string };
}
