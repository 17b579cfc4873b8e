/** Shows how messages and answers travel to and from a partner: requests, names of files and markers, keys, statuses, and what each answer proves. */

import { dayAt } from '../../model/day.ts';
import type { Moment } from '../../model/record/record.ts';
import { periodOf } from '../../model/list/stream-rules.ts';
import type { Adapter, AnswerStage, Exchange } from '../adapter.ts';
import { evidenceOf } from '../conversation/evidence.ts';
import type { FileNames } from '../conversation/files.ts';
import type { NamedValues } from '../template/message-fields.ts';

/** One line: what travels, and how it looks for a full list of now with the number 1. */
interface WayLine {
  readonly what: string;
  readonly how: string;
}

/** Empty where the partner runs this program. `home`: ISO 3166-1 alpha-2. */
export function previewWay({ exchange, ...adapter }: Adapter, home: string, now: Moment): readonly WayLine[] {
  const { send, receive } = exchange;
  const { partner, transport } = adapter;
  const valuesOf = (from: string, to: string): Required<NamedValues> => {
    const epoch = periodOf(adapter.stream, dayAt(now, adapter.timeZone));
    return { id: `m-${from}-1`, kind: 'full', from, to, issuedAt: now, position: { sequence: 1, epoch } };
  };
  const [ours, theirs] = [valuesOf(home, partner), valuesOf(partner, home)];
  const file = send?.file?.names.nameOf(ours);
  return [
    ...linesOf('our list', [
      send?.request && `${send.request.method ?? 'POST'} ${send.request.path}`,
      send?.publish && `exchange ${send.publish.exchange}, key ${send.publish.key}`,
      ...fileLines(file, send?.file?.marker?.of(file ?? '')),
    ]),
    ...(send?.stages ?? []).flatMap((stage) =>
      linesOf('its answer', [`${answerText(stage, file)}; proves ${evidenceOf(stage, transport)}`]),
    ),
    ...linesOf('a list of theirs', theirWay(receive, theirs)),
    ...(receive === undefined ? [] : linesOf('our answer', [ourAnswer(receive, theirs)])),
  ];
}

function linesOf(what: string, ways: readonly (string | undefined)[]): WayLine[] {
  return ways.flatMap((how) => (how === undefined ? [] : [{ what, how }]));
}

function fileLines(file: string | undefined, marker: string | undefined): (string | undefined)[] {
  return [file && `file ${file}`, file && marker && `marker ${marker}, written last`];
}

function answerText({ kind, mode, says, answerFile, withinSeconds, then, header }: AnswerStage, file?: string): string {
  if (kind === 'none') return 'none';
  const where = answerFile !== undefined && file !== undefined ? ` in ${answerFile.of(file)}` : '';
  const by = header === undefined ? kind : `header ${header}`;
  const when = mode === 'sync' ? 'in the response' : 'as a message of its own';
  return `${says} by ${by}${where || `, ${when}`}, within ${withinSeconds} s, then ${then}`;
}

type Receiving = Exchange['receive'];

const named = (names: FileNames | undefined, values: Required<NamedValues>): string | undefined =>
  names?.nameOf(values);

function theirWay(receive: Receiving, theirs: Required<NamedValues>): (string | undefined)[] {
  const file = named(receive?.file?.names, theirs);
  const marker = receive?.file?.marker?.of(file ?? '');
  return [
    receive?.path && `${receive.method ?? 'POST'} ${receive.path} at our door`,
    receive?.request && `mailbox GET ${receive.request.list.path}`,
    receive?.consume && `queue ${receive.consume.queue}`,
    file && `file ${file}, ${marker === undefined ? 'once it no longer changes' : `after ${marker}`}`,
  ];
}

function ourAnswer(receive: NonNullable<Receiving>, theirs: Required<NamedValues>): string {
  const file = named(receive.file?.names, theirs);
  if (receive.answerFile !== undefined && file !== undefined) return `document in ${receive.answerFile.of(file)}`;
  if (receive.publish !== undefined)
    return `document, exchange ${receive.publish.exchange}, key ${receive.publish.key}`;
  if (receive.file !== undefined) return 'none';
  const { applied, held, rejected } = receive.statuses;
  const back = receive.answerRequest;
  const later = back === undefined ? '' : `; ${back.method ?? 'POST'} ${back.path} after people decided`;
  const body = receive.answer === undefined ? 'status alone' : 'document';
  return `${body}: applied ${applied}, held ${held}, rejected ${rejected}${later}`;
}
