/** The register of a partner as of a list, and whose versions lists ended, read in pages for a snapshot. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RegisterFact } from '../model/clearance/answer.ts';
import type { ListRecord } from '../model/record/record.ts';
import type { Reader } from './database.ts';
import { detailsOf, factOf, versionsAsOf, type Version } from './register.ts';

/** Versions read at once: a few milliseconds. */
const page = 1_000;

export interface SnapshotVersion {
  readonly fact: RegisterFact;
  /** As stored. */
  readonly details: string;
  /** Ordinal of the list that stated it. */
  readonly list: number;
}

function versionOf(row: Version): SnapshotVersion {
  return { fact: factOf(row), details: row.details, list: row.from_list };
}

/** Of an operator that left, none. */
export function recordIn({ details }: SnapshotVersion): ListRecord | undefined {
  const read = detailsOf(details);
  return 'name' in read ? read : undefined;
}

/** All versions as of a list (ordinal), operator by operator, in the order of identifiers. */
export async function* versionsByOperator(
  reader: Reader,
  partner: string,
  list: number,
): AsyncGenerator<readonly SnapshotVersion[]> {
  let operator: SnapshotVersion[] = [];
  for (let after = { identifier: '', day: '' }, more = true; more;) {
    const rows = await versionsAsOf(reader, partner, list)
      .where((eb) =>
        eb.or([
          eb('identifier', '>', after.identifier),
          eb.and([eb('identifier', '=', after.identifier), eb('valid_from', '>', after.day)]),
        ]),
      )
      .where('identifier', '>=', after.identifier)
      .orderBy('identifier')
      .orderBy('valid_from')
      .limit(page)
      .execute();
    for (const row of rows) {
      if (operator[0] !== undefined && operator[0].fact.identifier !== row.identifier) {
        yield operator;
        operator = [];
      }
      operator.push(versionOf(row));
    }
    const last = rows.at(-1);
    if (last !== undefined) after = { identifier: last.identifier, day: last.valid_from };
    more = rows.length === page;
    await nextTurn();
  }
  if (operator.length > 0) yield operator;
}

/** Operators of which a list after one and up to another (ordinals) ended a version. */
export async function operatorsSuperseded(
  reader: Reader,
  partner: string,
  { after, upTo }: { readonly after: number; readonly upTo: number },
): Promise<ReadonlySet<string>> {
  const ended = reader.selectFrom('register_version').select('identifier').distinct().where('partner', '=', partner);
  const rows = await ended.where('to_list', '>', after).where('to_list', '<=', upTo).execute();
  return new Set(rows.map(({ identifier }) => identifier));
}
