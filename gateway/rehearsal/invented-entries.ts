/** Invents entries at the border for the demo: mostly correct, and some with each kind of error. */

import { foundByName, type Arrangement } from '../model/arrangement.ts';
import { fits, fittingRoles } from '../model/clearance/operator-roles.ts';
import type { Entry, EntryParty } from '../model/clearance/entry.ts';
import { present } from '../model/present.ts';
import type { Moment, ListRecord } from '../model/record/record.ts';
import { seededRandom, type SeededRandom } from '../model/seeded-random.ts';

/** What an entry is meant to show; the answer must come from the gateway. */
export const entryKinds = [
  'recognised',
  'suspended',
  'not_on_list',
  'malformed',
  'agreement_not_in_force',
  'empty',
  'full_width',
] as const;
type EntryKind = (typeof entryKinds)[number];

export interface InventedEntry {
  readonly meant: EntryKind;
  readonly entry: Entry;
}

export interface EntryPartner {
  readonly partner: string;
  readonly arrangement: Pick<
    Arrangement,
    'directions' | 'entryRoles' | 'operatorRoles' | 'inForce' | 'limits' | 'matching'
  >;
  readonly records: readonly ListRecord[];
}

/** Of the entries after the first of each kind, this share is correct. */
const correctShare = 0.8;
/** Of all entries, this share is of the first partner: enough to compare those with a benefit with others. */
const firstShare = 0.5;

/** `at`: when they are assessed; most were accepted shortly before. The first entries show one kind each, so that a short demo shows all. A partner without records gives no entries. */
export function inventEntries(
  partners: readonly EntryPartner[],
  { count, seed, at }: { readonly count: number; readonly seed: number; readonly at: Moment },
): InventedEntry[] {
  const random = seededRandom(seed);
  const published = partners.filter(({ records }) => records.length > 0).map(grouped);
  if (published.length === 0) return [];
  return Array.from({ length: count }, (_, i) => {
    const wanted = entryKinds[i] ?? (random.next() < correctShare ? 'recognised' : random.pick(entryKinds));
    const able = published.filter(({ groups }) => groups[groupFor(wanted)].length > 0);
    const meant = able.length > 0 ? wanted : 'not_on_list';
    const many = random.next() < firstShare ? able.slice(0, 1) : able;
    const partner = random.pick(many.length > 0 ? many : published);
    return { meant, entry: inventEntry(random, partner, { meant, at, number: i + 1 }) };
  });
}

type Group = 'active' | 'suspended' | 'all';

interface Published extends EntryPartner {
  readonly identifiers: ReadonlySet<string>;
  readonly groups: Readonly<Record<Group, readonly ListRecord[]>>;
}

function grouped(partner: EntryPartner): Published {
  const { records, arrangement } = partner;
  // Operators that may stand in every role of the arrangement.
  const { entryRoles } = arrangement;
  const able = records.filter(({ roles }) => entryRoles.every((role) => fits(fittingRoles(arrangement, role), roles)));
  const having = (wanted: ListRecord['status']): ListRecord[] => able.filter(({ status }) => status === wanted);
  const groups = { active: having('active'), suspended: having('suspended'), all: records };
  return { ...partner, identifiers: new Set(records.map(({ identifier }) => identifier)), groups };
}

function groupFor(kind: EntryKind): Group {
  if (kind === 'suspended') return kind;
  return kind === 'not_on_list' ? 'all' : 'active';
}

function inventEntry(
  random: SeededRandom,
  partner: Published,
  { meant, at, number }: { meant: EntryKind; at: Moment; number: number },
): Entry {
  const { arrangement } = partner;
  const role = random.pick(arrangement.entryRoles);
  const record = random.pick(partner.groups[groupFor(meant)]);
  const party: EntryParty = present({
    ...{ pointer: '/parties/0', role, country: partner.partner },
    identifier: writtenIdentifier(random, partner, record, meant),
    name: record.name.latin ?? record.name.local,
  });
  return {
    id: `DEMO-${String(number).padStart(6, '0')}`,
    direction: random.pick(arrangement.directions),
    acceptedAt: acceptedAt(random, partner, meant, at),
    parties: [party],
    ...tradeOf(random, partner),
  };
}

/** A suspension may be of today: its entry is of now. Of the others those that are looked at more closely wait longer. */
function acceptedAt(random: SeededRandom, { arrangement }: EntryPartner, meant: EntryKind, at: Moment): Moment {
  if (meant === 'agreement_not_in_force') return dayBefore(arrangement.inForce.from);
  const most = meant === 'recognised' || meant === 'full_width' ? 15 : 180;
  const minutes = meant === 'suspended' ? 0 : 2 + random.below(most);
  return new Date(Date.parse(at) - minutes * 60_000).toISOString();
}

/** Few offices and chapters, and a mode of transport in which the partner's operators are found by their identifier. */
function tradeOf(random: SeededRandom, { arrangement }: EntryPartner): Pick<Entry, 'commodity' | 'office' | 'mode'> {
  const modes = (['sea', 'air', 'road'] as const).filter(
    (mode) => !foundByName(arrangement, mode) && arrangement.limits?.modes?.includes(mode) !== false,
  );
  const [mode] = modes;
  return present({ commodity: random.pick(['85423190', '84713000']), office: '5301', mode });
}

/** The identifier as the declarant wrote it; undefined leaves the field empty. */
function writtenIdentifier(
  random: SeededRandom,
  partner: Published,
  { identifier }: ListRecord,
  meant: EntryKind,
): string | undefined {
  switch (meant) {
    case 'recognised':
    case 'suspended':
    case 'agreement_not_in_force':
      return identifier;
    case 'not_on_list':
      return notPublished(random, partner, identifier);
    case 'malformed':
      return identifier.slice(0, -3);
    case 'full_width':
      return identifier.replaceAll(/[!-~]/gu, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0));
    case 'empty':
      return undefined;
  }
}

/** An identifier of the same form with other last digits that the partner did not publish. */
function notPublished(random: SeededRandom, { identifiers }: Published, identifier: string): string {
  const mostTries = 1000;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const other = identifier.replace(/\d{1,4}$/u, (end) => random.digits(end.length));
    if (!identifiers.has(other)) return other;
  }
  return identifier.replaceAll(/\d/gu, '9');
}

function dayBefore(day: string): Moment {
  return new Date(Date.parse(day) - 86_400_000).toISOString();
}
