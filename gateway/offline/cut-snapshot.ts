/** Cuts a signed snapshot of the register, or a delta since an earlier one, from the store. */

import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import type { LogSealer } from '../audit/seal-log.ts';
import { termsOf, type Clearance, type ClearanceTerms } from '../clearance/requests.ts';
import { canonicalJson, sha256 } from '../model/canonical-json.ts';
import type { ListInForce } from '../model/clearance/answer.ts';
import { addDays, dayAt, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import type { Moment } from '../model/record/record.ts';
import { appendEvents } from '../store/events.ts';
import { operatorsSuperseded, recordIn, versionsByOperator, type SnapshotVersion } from '../store/snapshot-rows.ts';
import { listInForce } from '../store/streams.ts';
import { lineOf, listsOfId, noteText, snapshotFormat, snapshotId, termsAsData } from './snapshot.ts';
import type { SnapshotHead, SnapshotPartner } from './snapshot.ts';

/** The inputs of a snapshot; a gateway has all of them. */
export interface Cutting extends Pick<Clearance, 'home' | 'db' | 'partners' | 'policy' | 'differingNames' | 'now'> {
  readonly sealer: LogSealer;
}

const defaultDays = 3;

export interface CutOrder {
  /** How many days after the day of the cut it still answers; absent: 3. */
  readonly days?: number | undefined;
  /** For a delta: the id of the earlier snapshot; absent: a whole snapshot. */
  readonly from?: string | undefined;
}

export interface CutSnapshot {
  readonly id: string;
  /** A gzip file (RFC 1952). */
  readonly bytes: Uint8Array;
}

interface PartnerToCut {
  readonly terms: ClearanceTerms;
  readonly list: ListInForce | undefined;
  /** Ordinal of the list that the reader of a delta has; undefined: the whole list is included. */
  readonly since: number | undefined;
}

/**
 * Records the cut in the log, so that answers from an invented snapshot are refused. Throws E_REQUEST_INVALID (`from` is no id),
 * E_CURSOR_UNKNOWN (no snapshot of this store has that id), E_LOG_ALTERED, and the errors of the store.
 */
export async function cutSnapshot(cutting: Cutting, { days = defaultDays, from }: CutOrder): Promise<CutSnapshot> {
  const { db, home, policy, differingNames, sealer } = cutting;
  const { note: checkpoint } = await sealer.seal();
  const createdAt = momentOf(cutting.now());
  const held = from === undefined ? undefined : listsHeld(from);
  const toCut: PartnerToCut[] = [];
  for (const terms of termsOf(cutting)) {
    const list = await listInForce(db.sql, terms.partner);
    toCut.push({ terms, list, since: held && requireKnown(held.get(terms.partner) ?? 0, list) });
  }
  const lists = toCut.flatMap(({ terms, list }) => (list ? [[terms.partner, list.ordinal] as const] : []));
  const today = dayAt(createdAt, home.timeZone);
  const head = present({
    ...{ id: snapshotId(createdAt, lists), created_at: createdAt, last_day: addDays(today, days) },
    ...{ home: home.country, time_zone: home.timeZone, policy, differing_names: differingNames, checkpoint },
  });
  const pieces = fileOf(cutting, { head, from, toCut });
  const bytes = await buffer(Readable.from(pieces, { objectMode: false }).pipe(createGzip()));
  const detail = { id: head.id, last_day: head.last_day };
  await db.transaction((tx) =>
    appendEvents(tx, [{ kind: 'snapshot_cut', ref: cutAt(createdAt), at: createdAt, detail }]),
  );
  return { id: head.id, bytes };
}

/** Subject of the event that records that a snapshot was cut at this time. */
export const cutAt = (moment: Moment): string => `snapshot ${moment}`;

function listsHeld(from: string): ReadonlyMap<string, number> {
  const lists = listsOfId(from);
  if (lists !== undefined) return lists;
  throw new GatewayError('E_REQUEST_INVALID', 'this is not the id of a snapshot', { at: '/from' });
}

function requireKnown(held: number, list: ListInForce | undefined): number {
  if (held <= (list?.ordinal ?? 0)) return held;
  const fix = 'The store may have been restored: get a whole snapshot.';
  throw new GatewayError('E_CURSOR_UNKNOWN', 'no snapshot of this store has this id', { at: '/from', fix });
}

interface FileOrder {
  readonly head: Omit<SnapshotHead, 'partners'>;
  readonly from: string | undefined;
  readonly toCut: readonly PartnerToCut[];
}

async function* fileOf(cutting: Cutting, { head, from, toCut }: FileOrder): AsyncGenerator<string> {
  yield `${JSON.stringify(present({ format: snapshotFormat, from }))}\n`;
  const partners: SnapshotPartner[] = [];
  for (const partner of toCut) {
    const digested: Digested = { hash: createHash('sha256'), lines: 0 };
    yield* partner.since === undefined ? whole(cutting, partner, digested) : changed(cutting, partner, digested);
    const { terms, list } = partner;
    const digest = digested.hash.digest('hex');
    partners.push(present({ terms: termsAsData(terms), list, lines: digested.lines, digest }));
  }
  const line = canonicalJson({ head: { ...head, partners } });
  const note = await cutting.sealer.signNote(noteText(head.id, Buffer.from(sha256(line), 'hex').toString('base64')));
  yield `${line}\n${JSON.stringify({ note })}\n`;
}

interface Digested {
  readonly hash: Hash;
  lines: number;
}

/** The lines of one operator, each with its newline; they are included in the digest. */
function linesOf(versions: readonly SnapshotVersion[], isMatched: boolean, digested: Digested): string {
  const lines = versions.map((each) => lineOf(each.fact, isMatched ? recordIn(each) : undefined)).sort();
  const text = lines.map((line) => `${line}\n`).join('');
  digested.hash.update(text);
  digested.lines += lines.length;
  return text;
}

/** Names and addresses are only needed if operators can be found by them. */
const isMatched = ({ arrangement: { matching = [] } }: ClearanceTerms): boolean =>
  matching.some(({ by }) => by === 'name_and_address');

/** Texts written at once. */
const pieceLength = 64 * 1024;

async function* whole({ db }: Cutting, { terms, list }: PartnerToCut, digested: Digested): AsyncGenerator<string> {
  const { partner } = terms;
  let piece = `${JSON.stringify({ partner })}\n`;
  for await (const versions of versionsByOperator(db.sql, partner, list?.ordinal ?? 0)) {
    piece += linesOf(versions, isMatched(terms), digested);
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

/** Reads all lines, because the digest is over all of them. */
async function* changed(
  { db }: Cutting,
  { terms, list, since: after = 0 }: PartnerToCut,
  digested: Digested,
): AsyncGenerator<string> {
  const { partner } = terms;
  const upTo = list?.ordinal ?? 0;
  const replaced = new Set(await operatorsSuperseded(db.sql, partner, { after, upTo }));
  let lines = '';
  for await (const versions of versionsByOperator(db.sql, partner, upTo)) {
    const text = linesOf(versions, isMatched(terms), digested);
    const identifier = versions[0]?.fact.identifier ?? '';
    if (!replaced.has(identifier) && !versions.some((version) => version.list > after)) continue;
    replaced.add(identifier);
    lines += text;
  }
  yield `${JSON.stringify({ partner, replaced: [...replaced] })}\n${lines}`;
}
