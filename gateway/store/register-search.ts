/** Searches a partner's operators by the content of their records, as of an effective date and a list. */

import { setImmediate as yieldToLoop } from 'node:timers/promises';
import type { RegisterFact } from '../model/clearance/answer.ts';
import type { Day, ListRecord } from '../model/record/record.ts';
import type { Reader } from './database.ts';
import { detailsOf, factOf, versionsAsOf, type Version } from './register.ts';

/** Versions read between two yields to the event loop: a few milliseconds. */
const page = 1_000;

interface AsOf {
  readonly day: Day;
  readonly list: number;
}

/**
 * Operators of a partner whose newest version effective on or before the day, as of the list, has a record that passes the test.
 * Reads all operators in the order of their identifiers, because names have no index. Departures have no record.
 */
export async function findRecords(
  reader: Reader,
  partner: string,
  asOf: AsOf,
  test: (record: ListRecord) => boolean,
): Promise<RegisterFact[]> {
  const found: RegisterFact[] = [];
  for await (const { facts } of searchRegister(reader, partner, asOf, '', (row) => passes(row, test)))
    found.push(...facts);
  return found;
}

function passes({ details }: Version, test: (record: ListRecord) => boolean): boolean {
  const record = detailsOf(details);
  return 'name' in record && test(record);
}

/** The same in pages, behind the identifier `after`; each page with those that were found in it, and the last identifier that was read. */
export async function* searchRegister(
  reader: Reader,
  partner: string,
  asOf: AsOf,
  after: string,
  test: (version: Version) => boolean,
): AsyncGenerator<{ readonly facts: readonly RegisterFact[]; readonly last: string }> {
  for (let last = after, more = true; more;) {
    const rows = await versionsAsOf(reader, partner, asOf.list)
      .where('identifier', '>', last)
      .where('valid_from', '<=', asOf.day)
      .orderBy('identifier')
      .orderBy('valid_from')
      .limit(page)
      .execute();
    const whole = rows.length < page ? rows : withoutLastOperator(rows);
    const newest = [...new Map(whole.map((version) => [version.identifier, version])).values()];
    last = whole.at(-1)?.identifier ?? '';
    yield { facts: newest.filter(test).map(factOf), last };
    more = rows.length === page;
    if (more) await yieldToLoop();
  }
}

/** The page may end between two versions of an operator: all of them are then read with the next page. */
function withoutLastOperator(rows: readonly Version[]): readonly Version[] {
  const cutOff = rows.at(-1)?.identifier;
  const whole = rows.filter(({ identifier }) => identifier !== cutOff);
  return whole.length === 0 ? rows : whole;
}
