/** Divides a list diff into messages, each with its sequence number, chain and root. */

import type { Gateway, Partner } from '../gateway.ts';
import type { ListDiff } from './list-diff.ts';
import { later, momentOf } from '../model/day.ts';
import { nextChain, zeroChain } from '../model/list/digest.ts';
import type { ListPart, Position } from '../model/list/list.ts';
import { addMirrorChange, mirrorRoot } from '../model/list/mirror.ts';
import { sliceRecords, type PackedList } from '../model/record/packed-records.ts';
import type { Stream } from '../store/streams.ts';

/** Yields the messages one by one, so that earlier ones can be signed meanwhile. */
export function* sequenceMessages(
  gateway: Gateway,
  partner: Partner,
  stream: Stream | undefined,
  diff: ListDiff,
  onePerMessage: boolean,
): Generator<PackedList> {
  const { kind, mirror } = diff;
  const { partRecords = Infinity } = partner.adapter.lists;
  const cut = [...splitDiff(diff, onePerMessage && kind === 'delta' ? 1 : partRecords)];
  const begins = stream === undefined || stream.resyncWanted;
  // After a rejection the epoch after the one that the partner holds: a later one would be held by it.
  const no = stream?.nextEpoch ?? (stream?.position.epoch.no ?? 0) + 1;
  const epoch = begins ? { no, id: Buffer.from(gateway.random(8)).toString('hex') } : stream.position.epoch;
  let { sequence, chain } = begins ? { sequence: 0, chain: zeroChain } : stream.position;
  const issuedAt = momentOf(gateway.now());
  const head = {
    ...{ kind, from: gateway.home.country, to: partner.code, issuedAt },
    nextBy: later(issuedAt, partner.adapter.arrangement.maxAgeSeconds),
  };
  for (const [i, own] of cut.entries()) {
    // Each delta states the mirror after it; all parts of a full list state the whole.
    const gone = own.departures.map(({ identifier }) => identifier);
    if (kind === 'delta') addMirrorChange(mirror, diff.held, own.entries, gone);
    const root = mirrorRoot(mirror.after);
    const previousChain = chain;
    sequence += 1;
    chain = nextChain(previousChain, sequence, kind, root);
    const position: Position = { epoch, sequence, chain, root, count: mirror.after.count };
    const part: ListPart = { no: i + 1, of: cut.length };
    const parted = kind === 'full' && part.of > 1 ? { part } : {};
    const { records, departures } = own;
    yield { ...head, id: gateway.newId(), position, previousChain, ...parted, records, departures };
  }
}

type DiffPart = Pick<ListDiff, 'records' | 'departures' | 'entries'>;

/** At least one message, each with at most `most` operators, records before departures. */
function* splitDiff({ records, departures, entries }: DiffPart, most: number): Generator<DiffPart> {
  const total = Math.max(1, records.count + departures.length);
  for (let from = 0; from < total; from += most) {
    const [begin, end] = [from - records.count, from - records.count + most];
    yield {
      records: sliceRecords(records, from, from + most),
      departures: departures.slice(Math.max(0, begin), Math.max(0, end)),
      entries: entries.slice(from, from + most),
    };
  }
}
