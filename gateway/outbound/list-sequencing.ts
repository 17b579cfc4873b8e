/** Divides a list diff into messages, each with its sequence number, chain digest and root. */

import type { Gateway, Partner } from '../gateway.ts';
import type { ListDiff } from './list-diff.ts';
import { dayAt, later, momentOf } from '../model/day.ts';
import type { ListPart } from '../model/list/list.ts';
import { nextPlace, positionAfter } from '../model/list/stream-rules.ts';
import { addMirrorChange } from '../model/list/mirror.ts';
import { sliceRecords, type PackedList } from '../model/record/packed-records.ts';
import type { Stream } from '../store/streams.ts';

/** Yields the messages one at a time, so that the first ones can be signed while later ones are built. */
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
  const { stream: rules, timeZone } = partner.adapter;
  const issuedAt = momentOf(gateway.now());
  const next = {
    day: dayAt(issuedAt, timeZone),
    resync: stream === undefined || stream.resyncWanted,
    nextEpoch: stream?.nextEpoch,
    newEpochId: () => Buffer.from(gateway.random(8)).toString('hex'),
  };
  let held = stream?.position;
  const head = {
    ...{ kind, from: gateway.home.country, to: partner.code, issuedAt },
    nextBy: later(issuedAt, partner.adapter.arrangement.maxAgeSeconds),
  };
  for (const [i, own] of cut.entries()) {
    // Each delta states the mirror after that delta; every part of a full list states the whole list.
    const gone = own.departures.map(({ identifier }) => identifier);
    if (kind === 'delta') addMirrorChange(mirror, diff.held, own.entries, gone);
    const place = nextPlace(rules, held, { ...next, resync: next.resync && i === 0 });
    const { position, previousChain } = positionAfter(place, kind, mirror.after, held);
    held = position;
    const part: ListPart = { no: i + 1, of: cut.length };
    const parted = kind === 'full' && part.of > 1 ? { part } : {};
    const { records, departures } = own;
    const id = partner.adapter.listId({ ...head, position }) ?? gateway.newId();
    yield { ...head, id, position, previousChain, ...parted, records, departures };
  }
}

type DiffPart = Pick<ListDiff, 'records' | 'departures' | 'entries'>;

/** Yields at least one message, each with at most `most` operators; records come before departures. */
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
