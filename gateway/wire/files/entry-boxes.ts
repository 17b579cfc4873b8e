/** Where the formats of declarations have the code of a party in a role, as data of their profiles. */

import type { Direction } from '../../model/arrangement.ts';
import type { PartyRole } from '../../model/clearance/entry.ts';
import type { EntryProfile, PartyRule } from './entry-profile.ts';

export interface EntryBox {
  /** Of the format. */
  readonly title: string;
  readonly role: PartyRole;
  /** `Declaration/…/Consignor/ID`: the element of the party stands at any depth. */
  readonly element: string;
  /** Characters that fit; absent: as many as a code has. */
  readonly length?: number;
}

/** In the order of the profiles. What is picked from remarks is no box of its own. */
export function entryBoxes(
  profiles: readonly EntryProfile[],
  roles: readonly PartyRole[],
  direction: Direction,
): readonly EntryBox[] {
  return profiles.flatMap((profile) => {
    const { title, root, boxLength: length, party } = profile;
    return roles.flatMap((role) =>
      profile.parties
        .filter((rule) => rule.each !== undefined && rule.pick === undefined && holds(rule, role, direction))
        .slice(0, 1)
        .flatMap(({ each = '', id = party?.id ?? [] }) =>
          id.slice(0, 1).map((path) => {
            return { title, role, element: `${root}/…/${each}/${path}`, ...(length !== undefined && { length }) };
          }),
        ),
    );
  });
}

function holds({ role }: PartyRule, wanted: PartyRole, direction: Direction): boolean {
  if (typeof role === 'string') return role === wanted;
  if ('path' in role) return Object.values(role.codes).includes(wanted);
  return role[direction] === wanted;
}
