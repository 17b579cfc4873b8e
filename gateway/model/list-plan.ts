/** What a received list would change, worked out in full before anything is changed. */

import type { ListBands } from './arrangement.ts';
import { leafOf } from './digest.ts';
import { faultyRecords, judgeBands, judgeDigests, judgeScope, judgeSequence, type Hold } from './judge.ts';
import type { Departure, ListMessage, ListRecord, Position } from './list.ts';
import type { RecordResult } from './message.ts';
import type { Day } from './record.ts';

/** The list held from a partner: its position and every record as published. */
export interface HeldList {
  readonly position: Position | undefined;
  readonly records: ReadonlyMap<string, { readonly leaf: string; readonly record: ListRecord }>;
}

export interface ListPlan {
  /** Everything that was published, refused records too, so that both sides' digests agree. */
  readonly mirror: {
    readonly puts: readonly { identifier: string; leaf: string; record: ListRecord }[];
    readonly removals: readonly string[];
  };
  /** What may be known from now on. */
  readonly register: { readonly puts: readonly ListRecord[]; readonly departures: readonly Departure[] };
  readonly refused: readonly RecordResult[];
  readonly taken: number;
  /** Two people look first. */
  readonly hold: Hold | undefined;
}

export interface PlanTerms {
  readonly form: { readonly form: string; readonly grammar: RegExp };
  readonly bands: ListBands;
  /** The day on which operators missing from a full list count as having left. */
  readonly day: Day;
}

/** Judges sequence, scope and digests (throws the code of what is wrong), then says what would change. */
export function planList(list: ListMessage, held: HeldList, terms: PlanTerms): ListPlan {
  judgeSequence(list, held.position);
  judgeScope(list, terms.form);
  const published = list.records.map((record) => ({ identifier: record.identifier, leaf: leafOf(record), record }));
  const after = standing(list, published, held);
  judgeDigests(
    list,
    published.map(({ leaf }) => leaf),
    after,
  );

  const departures = list.kind === 'full' ? missing(held, after, terms.day) : list.departures;
  const puts = published.filter(({ identifier, leaf }) => held.records.get(identifier)?.leaf !== leaf);
  const refused = faultyRecords(list.records, terms.form.grammar);
  const faulty = new Set(refused.map(({ identifier }) => identifier));
  return {
    mirror: { puts, removals: departures.map(({ identifier }) => identifier) },
    register: {
      puts: puts.filter(({ identifier }) => !faulty.has(identifier)).map(({ record }) => record),
      departures,
    },
    refused,
    taken: list.records.length + list.departures.length - refused.length,
    hold: judgeBands(movement(held, puts, departures), terms.bands),
  };
}

/** Leaves of the list as it stands after the message. */
function standing(list: ListMessage, published: ListPlan['mirror']['puts'], held: HeldList): Map<string, string> {
  const after = new Map<string, string>();
  if (list.kind === 'delta') {
    for (const [identifier, { leaf }] of held.records) after.set(identifier, leaf);
    for (const { identifier } of list.departures) after.delete(identifier);
  }
  for (const { identifier, leaf } of published) after.set(identifier, leaf);
  return after;
}

/** Who is on the list held but not on a full list: they left; absence alone is no revocation. */
function missing(held: HeldList, after: ReadonlyMap<string, string>, day: Day): Departure[] {
  const gone = [...held.records.keys()].filter((identifier) => !after.has(identifier));
  return gone.map((identifier) => ({ identifier, reason: 'left', since: day }));
}

function movement(
  held: HeldList,
  puts: ListPlan['mirror']['puts'],
  departures: readonly Departure[],
): Parameters<typeof judgeBands>[0] {
  const wasActive = (identifier: string): boolean => held.records.get(identifier)?.record.status === 'active';
  let before = 0;
  for (const { record } of held.records.values()) if (record.status === 'active') before += 1;
  const gained = puts.filter(({ identifier, record }) => record.status === 'active' && !wasActive(identifier)).length;
  const lost =
    departures.filter(({ identifier }) => wasActive(identifier)).length +
    puts.filter(({ identifier, record }) => record.status !== 'active' && wasActive(identifier)).length;
  return { before, after: before + gained - lost, lost, gained };
}
