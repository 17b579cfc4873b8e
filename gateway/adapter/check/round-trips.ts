/** Round trips: generated messages are encoded, compared with the schema and decoded, and come back as the partner reads them. */

import { seededRandom, type SeededRandom } from '../../model/seeded-random.ts';
import type { Adapter, MessageFormat } from '../adapter.ts';
import { differenceOf, failureOf, refusalOf, type Failure } from './failures.ts';
import { inventList, inventReply } from './generate.ts';
import { decodeText, encodeText, decodedMessage } from './message-text.ts';
import type { SampleBench } from './samples.ts';

/** The messages of one layout. */
export interface Trip {
  readonly name: string;
  readonly format: MessageFormat<unknown>;
  invent(random: SeededRandom): unknown;
}

/** One for every layout of each kind and every state of the code tables. */
export function tripsOf(adapter: Adapter): readonly Trip[] {
  const days = adapter.periods.map((day) => adapter.formatsOn(day));
  const lists = [...new Set(days.map(({ list }) => list))];
  const replies = [...new Set(days.map(({ reply }) => reply))];
  const name = (kind: string, i: number, count: number): string =>
    `generated ${kind}${count === 1 ? '' : ` in layout ${i + 1} of ${count}`}`;
  return [
    ...lists.map((format, i): Trip => ({
      name: name('lists', i, lists.length),
      format,
      invent: (random) => inventList(adapter, random, format),
    })),
    ...replies.map((format, i): Trip => ({
      name: name('replies', i, replies.length),
      format,
      invent: (random) => inventReply(adapter, random, format),
    })),
  ];
}

interface RoundTrip {
  readonly message: unknown;
  readonly failure?: Failure;
  /** The place of a value that the format cannot carry and refuses: a permitted outcome. */
  readonly refusedAt?: string;
}

/** The round trip of the message that a seed gives. */
export function roundTrip({ tools, checkSchema }: SampleBench, { format, invent }: Trip, seed: number): RoundTrip {
  const message = invent(seededRandom(seed));
  let text = '';
  const refusal = refusalOf(() => (text = encodeText(format, message)));
  if (refusal?.code === 'E_VALUE_INVALID' && refusal.at !== undefined)
    return { message, refusedAt: refusal.at.replaceAll(/\/\d+/gu, '') };
  const failure = failureOf(() => {
    if (refusal !== undefined) throw refusal;
    checkSchema(text, format);
    return differenceOf(decodedMessage(format, message), decodeText(format, text, tools));
  });
  return failure === undefined ? { message } : { message, failure };
}
