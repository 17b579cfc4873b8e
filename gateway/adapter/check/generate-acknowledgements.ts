/** Generates acknowledgements of an adapter for its round trips. */

import { acknowledgedVerdicts, recordVerdicts, type Acknowledgement, type RecordAnswer } from '../../model/message.ts';
import type { SeededRandom } from '../../model/seeded-random.ts';
import type { Adapter, MessageFormat } from '../adapter.ts';
import { refusalOf } from './failures.ts';
import { carries, hex, inventEpoch, inventIdentifier, moment, number, texts, times } from './generate.ts';
import { encodeText } from './message-text.ts';

/** An answer to a list, with some of what it may say. */
export function inventAcknowledgement(
  adapter: Adapter,
  random: SeededRandom,
  format: MessageFormat<Acknowledgement>,
): Acknowledgement {
  const [subject, id] = [`m-${hex(random, 24)}`, `m-${hex(random, 24)}`];
  const said = {
    reason: random.pick(texts),
    detail: random.pick(texts),
    place: random.pick(texts),
    text: random.pick(texts),
  };
  const { id: period } = inventEpoch(adapter, random, moment(random));
  const counts = { number: number(random), period, taken: number(random), refused: number(random) };
  const whole = { subject, id, issuedAt: moment(random), ...said, ...counts };
  const answer = { verdict: random.pick(verdictsIn(format)), ...whole };
  const results = times(random.below(4), () => inventRecordAnswer(adapter, random, format));
  return { ...withoutSome(format, answer, () => random.next() < 0.4), ...(results.length > 0 && { results }) };
}

/** Those that the template can write. */
export function verdictsIn(format: MessageFormat<Acknowledgement>): readonly Acknowledgement['verdict'][] {
  const canWrite = (verdict: Acknowledgement['verdict']): boolean =>
    refusalOf(() => encodeText(format, { ...example, verdict }))?.code !== 'E_CODE_UNKNOWN';
  return acknowledgedVerdicts.filter(canWrite);
}

/** About one record, with as much as the template can write. */
function inventRecordAnswer(
  { identifiers }: Adapter,
  random: SeededRandom,
  format: MessageFormat<Acknowledgement>,
): RecordAnswer {
  const identifier = inventIdentifier(random, identifiers.ours);
  const why = {
    code: random.pick(texts),
    detail: random.pick(texts),
    place: random.pick(texts),
    text: random.pick(texts),
  };
  const plain = { row: random.below(1000), identifier, verdict: random.pick(recordVerdicts) };
  const whole = { ...plain, ...why };
  return carries(() => encodeText(format, { ...example, results: [whole] }))
    ? whole
    : { ...plain, code: 'R1', detail: 'example', place: 'C7', text: 'example' };
}

const example: Acknowledgement = {
  ...{
    verdict: 'applied',
    subject: 'm-1',
    number: 1,
    period: '2026-01-01',
    id: 'm-2',
    issuedAt: '2026-01-01T00:00:00.000Z',
  },
  ...{ reason: 'R1', detail: 'example', taken: 1, refused: 1 },
};

/** The acknowledgement without the values that `leaves` names, but for those that the template always writes. */
export function withoutSome(
  format: MessageFormat<Acknowledgement>,
  whole: Acknowledgement,
  leaves: (path: string) => boolean,
): Acknowledgement {
  const isNeeded = (path: string): boolean => {
    const rest = Object.entries(whole).filter(([each]) => each !== path && each !== 'results');
    const refusal = refusalOf(() => encodeText(format, Object.fromEntries(rest) as unknown as Acknowledgement));
    return refusal?.code === 'E_ELEMENT_MISSING';
  };
  const kept = Object.entries(whole).filter(([path]) => path === 'verdict' || !leaves(path) || isNeeded(path));
  return { verdict: whole.verdict, ...Object.fromEntries(kept) };
}
