/** A domestic record laid out in cells: one text for each field, by its path. */

import { textPaths, type DomesticRecord } from './domestic-record.ts';

/** The fields a domestic file has, by their path in DomesticRecord; a home profile gives each its column title. */
export const recordPaths = [
  'code',
  'businessNumber',
  ...textPaths,
  'grade',
  'gradeSince',
  'status',
  'statusSince',
  'roles',
  'consent',
  'consentSince',
] as const;
export type RecordPath = (typeof recordPaths)[number];

/** The cells a file would have for this record; what is absent is left out. */
export function cellsOf({
  name,
  address,
  roles,
  consent,
  ...rest
}: DomesticRecord): Partial<Record<RecordPath, string>> {
  return {
    ...rest,
    ...(name.local === undefined ? {} : { 'name.local': name.local }),
    ...(name.latin === undefined ? {} : { 'name.latin': name.latin }),
    ...(address.local === undefined ? {} : { 'address.local': address.local }),
    ...(address.latin === undefined ? {} : { 'address.latin': address.latin }),
    ...(address.city === undefined ? {} : { 'address.city': address.city }),
    ...(address.postcode === undefined ? {} : { 'address.postcode': address.postcode }),
    roles: roles.join('|'),
    consent: consent ? 'yes' : 'no',
  };
}
