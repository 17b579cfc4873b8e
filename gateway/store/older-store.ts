/**
 * A store that is older than what was sent from it: a backup that was restored, a file that was copied back, or one whose log is gone.
 * Nothing is numbered twice: every stream of ours goes on with a full list, in an epoch or under a number that was never used.
 */

import { largestNumber, type Position } from '../model/list/list.ts';
import type { Moment } from '../model/record/record.ts';
import { advanceCounter, readCounter } from './counters.ts';
import type { Database, GivenNumber, Reader, Tx } from './database.ts';
import { appendEvents } from './events.ts';
import { numbersOf, openNumbers, unknownTo, type GivenNumbers } from './given-numbers.ts';
import { supersedeAll } from './superseding.ts';
import { findStream, renewStream } from './streams.ts';

/** What events about older stores refer to. */
export const olderStores = 'store';
/** The log of an older store goes on at the next of these, so that no place in it is given twice. */
const eventStep = 1_000_000;
/** Each start of a gateway reserves a range of consultation numbers for a time without the store: none is given twice either. */
const rangeStep = 4_096;

/** Answers at the border take places in the log, too, and no list notes them. */
const noteEveryMs = 60_000;

export interface OlderStore {
  /** The moment of its last event; undefined for an empty one. */
  readonly until: Moment | undefined;
  /** Numbers that were given out later. */
  readonly lost: readonly GivenNumber[];
  /** Changes of our operators are lost, or may be: no list goes until a person says that they were repeated. */
  readonly waits: boolean;
}

/** A store whose given numbers are noted beside it. */
interface NumberedStore {
  readonly db: Database;
  /** Absent where the store is as new as what was sent. */
  readonly older?: OlderStore;
}

/**
 * Compares an open store with the file of its numbers. `restored`: it is a backup, so that changes may be lost that nobody noted.
 * Closing the database closes the file too.
 */
export async function numbered(db: Database, path: string, at: Moment, restored?: 'restored'): Promise<NumberedStore> {
  const given = openNumbers(path);
  try {
    const older = await noticeOlder(db, given, at, restored === 'restored');
    given.note(await numbersOf(db.sql));
    const noting = setInterval(() => void noteAll(db, given), noteEveryMs).unref();
    const close = async (): Promise<void> => {
      clearInterval(noting);
      await noteAll(db, given).finally(() => {
        given.close();
        return db.close();
      });
    };
    return { db: { ...db, given, close }, ...(older && { older }) };
  } catch (error) {
    given.close();
    throw error;
  }
}

/** What cannot be noted now is noted at the next start: the store itself has it. */
async function noteAll({ sql: reader }: Pick<Database, 'sql'>, given: GivenNumbers): Promise<void> {
  await numbersOf(reader).then(
    (numbers) => given.note(numbers),
    () => undefined,
  );
}

async function noticeOlder(
  db: Database,
  given: GivenNumbers,
  at: Moment,
  restored: boolean,
): Promise<OlderStore | undefined> {
  if (!restored && (await unknownTo(db.sql, given.all())).length === 0) return undefined;
  return await db.transaction(async (tx) => {
    // Of two gateways that start, the second waits here, and finds the numbers of the first.
    await advanceCounter(tx, 'lists_wait', 0);
    const lost = await unknownTo(tx, given.all());
    if (!restored && lost.length === 0) return undefined;
    const until = await lastMoment(tx);
    const waits = restored || lost.some(({ name }) => name === 'operator_revision');
    if (waits) await setListsWait(tx, 1);
    const skipped = await skipNumbers(tx, lost);
    await renewStreams(tx, restored ? 'all' : lost, at);
    const detail = { ...(until && { until }), lost, waits, known: given.known, skipped };
    await appendEvents(tx, [{ kind: restored ? 'store_restored' : 'store_older', ref: olderStores, at, detail }]);
    return { until, lost, waits };
  });
}

async function setListsWait(tx: Tx, value: 0 | 1): Promise<void> {
  await tx.updateTable('counter').set({ value }).where('name', '=', 'lists_wait').execute();
}

/** The newest event about a store that was older than what was sent; undefined where there is none. */
export async function lastOlder(
  reader: Reader,
): Promise<{ readonly at: Moment; readonly until?: Moment; readonly known: boolean } | undefined> {
  const events = reader.selectFrom('event').select(['at', 'detail']).where('ref', '=', olderStores);
  const last = await events.where('kind', '!=', 'lists_resumed').orderBy('n', 'desc').limit(1).executeTakeFirst();
  if (last === undefined) return undefined;
  return { ...(JSON.parse(last.detail ?? '{}') as { readonly until?: Moment; readonly known: boolean }), at: last.at };
}

/** Whether the file of given numbers was there when the store was found to be older. */
export async function knowsGivenNumbers(reader: Reader): Promise<boolean> {
  return (await lastOlder(reader))?.known !== false;
}

/** Whether no list is sent until a person calls resumeLists. */
export async function listsWait(reader: Reader): Promise<boolean> {
  return (await readCounter(reader, 'lists_wait')) === 1;
}

/**
 * A person says that what was lost of our operators was repeated: a full list goes to every partner that has one. `last`: numbers that
 * partners say they hold, where the store and its file of numbers do not know them. False: no list waited.
 */
export async function resumeLists(
  db: Pick<Database, 'transaction'>,
  { person, at, last }: { readonly person: string; readonly at: Moment; readonly last: readonly GivenNumber[] },
): Promise<boolean> {
  return await db.transaction(async (tx) => {
    await advanceCounter(tx, 'lists_wait', 0);
    if (!(await listsWait(tx))) return false;
    await setListsWait(tx, 0);
    await renewStreams(tx, last, at);
    await renewStreams(tx, 'all', at);
    await appendEvents(tx, [{ kind: 'lists_resumed', ref: olderStores, at, detail: { person, last } }]);
    return true;
  });
}

/**
 * A partner states which list of ours it holds. One that was never given shows that the store is older: the next list is a full one
 * beyond it. True: it is so.
 */
export async function noticeHeld(
  tx: Tx,
  partner: string,
  { epoch, sequence }: Pick<Position, 'epoch' | 'sequence'>,
  at: Moment,
): Promise<boolean> {
  const ours = (await findStream(tx, partner, 'out'))?.position;
  const isGiven =
    ours !== undefined && (epoch.no < ours.epoch.no || (epoch.no === ours.epoch.no && sequence <= ours.sequence));
  if (isGiven || epoch.no >= largestNumber) return false;
  const until = await lastMoment(tx);
  const lost = [{ name: `${partner}/out`, epoch: epoch.no, sequence }];
  await renewStreams(tx, lost, at);
  const detail = { ...(until && { until }), lost, waits: false, known: true };
  await appendEvents(tx, [{ kind: 'store_older', ref: olderStores, at, detail }]);
  return true;
}

async function lastMoment(reader: Reader): Promise<Moment | undefined> {
  const last = reader.selectFrom('event').select('at').orderBy('n', 'desc').limit(1);
  return (await last.executeTakeFirst())?.at;
}

/** Returns the numbers of the log, both included, that no entry has. */
async function skipNumbers(
  tx: Tx,
  lost: readonly GivenNumber[],
): Promise<{ readonly from: number; readonly to: number }> {
  const lastOf = (name: string): number => lost.find((each) => each.name === name)?.sequence ?? 0;
  const event = await readCounter(tx, 'event');
  const next = (Math.floor(Math.max(event, lastOf('event')) / eventStep) + 1) * eventStep;
  await advanceCounter(tx, 'event', next - event);
  await advanceCounter(tx, 'spool_range', rangeStep);
  const revision = await readCounter(tx, 'operator_revision');
  await advanceCounter(tx, 'operator_revision', Math.max(0, lastOf('operator_revision') - revision));
  return { from: event + 1, to: next };
}

/** Full lists are next on these streams, beyond the numbers that are lost; lists that wait in the outbox are not sent. */
async function renewStreams(tx: Tx, streams: readonly GivenNumber[] | 'all', at: Moment): Promise<void> {
  const ours = await tx.selectFrom('stream').select('partner').where('direction', '=', 'out').execute();
  const given = new Map(
    (streams === 'all' ? [] : streams).flatMap((each) => {
      const [partner, direction] = each.name.split('/');
      return partner !== undefined && direction === 'out' ? [[partner, each] as const] : [];
    }),
  );
  const partners = new Set([...given.keys(), ...(streams === 'all' ? ours.map(({ partner }) => partner) : [])]);
  for (const partner of partners) {
    await renewStream(tx, partner, given.get(partner));
    await supersedeAll(tx, partner, at);
  }
}
