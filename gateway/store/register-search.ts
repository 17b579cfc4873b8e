/** Searches a partner's operators by the content of their records, as of an effective date and a list. */

import { setImmediate as yieldToLoop } from 'node:timers/promises';
import type { RegisterFact } from '../model/clearance/answer.ts';
import type { Day, ListRecord } from '../model/record/record.ts';
import type { Reader } from './database.ts';
import { detailsOf, factOf, versionsAsOf, type Version } from './register.ts';

/** Versions read between two yields to the event loop: a few milliseconds. */
const page = 1_000;

/**
 * Operators of a partner whose newest version effective on or before the day, as of the list, has a record that passes the test.
 * Reads all operators in the order of their identifiers, because names have no index. Departures have no record.
 */
export async function findRecords(
  reader: Reader,
  partner: string,
  asOf: { readonly day: Day; readonly list: number },
  test: (record: ListRecord) => boolean,
): Promise<RegisterFact[]> {
  const found: RegisterFact[] = [];
  for (let last = '', more = true; more;) {
    const rows = await versionsAsOf(reader, partner, asOf.list)
      .where('identifier', '>', last)
      .where('valid_from', '<=', asOf.day)
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
    if (more) await yieldToLoop();
  }
  return found;
}

/** The page may end between two versions of an operator: all of them are then read with the next page. */
function withoutLastOperator(rows: readonly Version[]): readonly Version[] {
  const cutOff = rows.at(-1)?.identifier;
  const whole = rows.filter(({ identifier }) => identifier !== cutOff);
  return whole.length === 0 ? rows : whole;
}
