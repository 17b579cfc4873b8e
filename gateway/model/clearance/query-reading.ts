/** What a status query names, read the same way at the border door and in a snapshot: its partner, its moments, and an operator by its name. */

import type { CheckRequest } from './answer.ts';
import { foundByName } from '../arrangement.ts';
import { readMoment } from '../day.ts';
import { GatewayError } from '../errors.ts';
import type { Registration } from './names.ts';
import type { PartnerTerms } from './query.ts';
import type { Moment } from '../record/record.ts';
import { RequestFaults } from './request-faults.ts';

/** Throws RequestFaults where the arrangement has no operators found by name on such entries, or half of what that takes is missing. */
export function registrationOf({ arrangement }: PartnerTerms, { name, address, mode }: CheckRequest): Registration {
  const required = (member: string, detail: string): RequestFaults =>
    new RequestFaults([{ pointer: `/${member}`, code: 'REQUIRED', detail }]);
  if (!foundByName(arrangement, mode)) {
    const byName = mode === undefined && arrangement.matching?.some(({ by }) => by === 'name_and_address') === true;
    throw byName
      ? required('mode', 'Whether this partner’s operators are found by name depends on the mode of transport.')
      : required('identifier', 'This partner’s operators are found by their identifier.');
  }
  if (name === undefined) throw required('name', 'Without an identifier, name and address are needed.');
  if (address === undefined) throw required('address', 'Without an identifier, name and address are needed.');
  return { name, address };
}

/** The partner of that code, or the one that speaks for the state of that code; E_PARTNER_UNKNOWN when there is neither. */
export function partnerOf<Terms extends PartnerTerms>(all: readonly Terms[], code: string): Terms {
  const state = code.toUpperCase();
  const issuersOf = ({ identifiers }: PartnerTerms): readonly string[] => identifiers.theirs.issuers ?? [];
  const terms = all.find(({ partner }) => partner === state) ?? all.find((each) => issuersOf(each).includes(state));
  if (terms !== undefined) return terms;
  const partners = all.map(({ partner }) => partner);
  throw new GatewayError('E_PARTNER_UNKNOWN', 'there is no arrangement with a partner of this code', {
    at: '/partner',
    fix: `Use one of: ${partners.join(', ')}.`,
    choices: [...partners, ...all.flatMap(issuersOf)],
  });
}

/** RFC 3339 has leap seconds, which no clock here can hold; such a moment must not become another. */
export function momentAt(text: string, pointer: string): Moment {
  const read = readMoment(text);
  if (read !== undefined) return read;
  throw new GatewayError('E_REQUEST_INVALID', 'a moment that no clock shows', { at: pointer });
}
