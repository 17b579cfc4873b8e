/** Generates acknowledgements of an adapter for its round trips. */

import { acknowledgedVerdicts, recordVerdicts, type Acknowledgement, type RecordAnswer } from '../../model/message.ts';
import type { SeededRandom } from '../../model/seeded-random.ts';
import type { Adapter, MessageFormat } from '../adapter.ts';
import { refusalOf } from './failures.ts';
import { carries, hex, inventEpoch, inventIdentifier, moment, number, periodAt, sequence } from './generate.ts';
import { texts, times } from './generate.ts';
import { encodeText } from './message-text.ts';

/** An answer to a list, with some of what it may say. */
export function inventAcknowledgement(
  adapter: Adapter,
  random: SeededRandom,
  format: MessageFormat<Acknowledgement>,
): Acknowledgement {
  const [at, id] = [moment(random), `m-${hex(random, 24)}`];
  const said = {
    reason: random.pick(texts),
    detail: random.pick(texts),
    place: random.pick(texts),
    text: random.pick(texts),
  };
  const { id: period } = inventEpoch(adapter, random, at);
  const answered = sequence(adapter, random);
  const subject = subjectOf(adapter, { id: `m-${hex(random, 24)}`, issuedAt: at, number: answered });
  const counts = { number: answered, period, taken: number(random), refused: number(random) };
  const whole = { subject, id, issuedAt: moment(random), ...said, ...counts };
  const answer = { verdict: random.pick(verdictsIn(format, wholeAnswer(adapter))), ...whole };
  const results = times(random.below(4), () => inventRecordAnswer(adapter, random, format));
  return { ...withoutSome(format, answer, () => random.next() < 0.4), ...(results.length > 0 && { results }) };
}

/** What an answer calls a list: its id, or the name of its file where that is all it has. */
export function subjectOf(
  adapter: Pick<Adapter, 'partner' | 'stream' | 'timeZone' | 'readsFileNames' | 'listId' | 'exchange'>,
  { id, issuedAt, number: no }: { readonly id: string; readonly issuedAt: string; readonly number: number },
): string {
  const { partner, exchange } = adapter;
  const position = { epoch: periodAt(adapter, issuedAt), sequence: no };
  const list = { id, kind: 'full', from: partner, to: partner, issuedAt, position } as const;
  const own = adapter.listId({ ...list, position: { ...position, chain: '', root: '', count: 0 } });
  const named = adapter.readsFileNames ? exchange.receive?.file?.names.nameOf(list) : undefined;
  return own ?? named ?? id;
}

/** Those that the template can write. `example`: an answer that it can. */
export function verdictsIn(
  format: MessageFormat<Acknowledgement>,
  example: Acknowledgement,
): readonly Acknowledgement['verdict'][] {
  const canWrite = (verdict: Acknowledgement['verdict']): boolean =>
    refusalOf(() => encodeText(format, { ...example, verdict }))?.code !== 'E_CODE_UNKNOWN';
  return acknowledgedVerdicts.filter(canWrite);
}

/** About one record, with as much as the template can write. */
function inventRecordAnswer(
  adapter: Adapter,
  random: SeededRandom,
  format: MessageFormat<Acknowledgement>,
): RecordAnswer {
  const identifier = inventIdentifier(random, adapter.identifiers.ours);
  const why = {
    code: random.pick(texts),
    detail: random.pick(texts),
    place: random.pick(texts),
    text: random.pick(texts),
  };
  const plain = { row: random.below(1000), identifier, verdict: random.pick(recordVerdicts) };
  const whole = { ...plain, ...why };
  return carries(() => encodeText(format, { ...wholeAnswer(adapter), results: [whole] }))
    ? whole
    : { ...plain, code: 'R1', detail: 'example', place: 'C7', text: 'example' };
}

/** An answer that says all. */
export function wholeAnswer(adapter: Adapter): Acknowledgement {
  const issuedAt = '2026-01-01T00:00:00.000Z';
  return {
    ...{ verdict: 'applied', number: 4, id: 'm-00000002', issuedAt, period: periodAt(adapter, issuedAt).id },
    subject: subjectOf(adapter, { id: 'm-00000001', issuedAt, number: 4 }),
    ...{ reason: 'E_EXAMPLE', detail: 'example', place: 'C7', text: 'example', taken: 12, refused: 1 },
  };
}

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
