/** A search through a partner's operators by what their records say, as of a day and as known at a moment. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RegisterFact } from '../model/clearance/answer.ts';
import type { ListRecord } from '../model/list/list.ts';
import type { Day, Moment } from '../model/record/domestic-record.ts';
import type { Reader } from './database.ts';
import { detailsOf, factOf, type Version } from './register.ts';

/** Operators read at a time in a search by name: a few milliseconds, after which other work gets its turn. */
const page = 1_000;

/**
 * Operators of a partner whose newest record that began on or before the day, as known at `knownAt`, passes the test. Reads all of them
 * in order of their identifiers, since names are not stored in a form that could be looked up. An operator that left has no record.
 */
export async function findRecords(
  reader: Reader,
  partner: string,
  moment: { readonly day: Day; readonly knownAt: Moment },
  test: (record: ListRecord) => boolean,
): Promise<RegisterFact[]> {
  const found: RegisterFact[] = [];
  for (let last = '', more = true; more;) {
    const rows = await reader
      .selectFrom('register_version')
      .selectAll()
      .where('partner', '=', partner)
      .where('identifier', '>', last)
      .where('known_from', '<=', moment.knownAt)
      .where('known_to', '>', moment.knownAt)
      .where('valid_from', '<=', moment.day)
      .orderBy('identifier')
      .orderBy('valid_from')
      .limit(page)
      .execute();
    const whole = rows.length < page ? rows : withoutLastOperator(rows);
    for (const row of new Map(whole.map((version) => [version.identifier, version])).values()) {
      const details = detailsOf(row.details);
      if ('name' in details && test(details)) found.push(factOf(row));
    }
    last = whole.at(-1)?.identifier ?? '';
    more = rows.length === page;
    if (more) await nextTurn();
  }
  return found;
}

/** The page may end in the middle of an operator: its versions are read again with the next one. */
function withoutLastOperator(rows: readonly Version[]): readonly Version[] {
  const cutOff = rows.at(-1)?.identifier;
  const whole = rows.filter(({ identifier }) => identifier !== cutOff);
  return whole.length === 0 ? rows : whole;
}
