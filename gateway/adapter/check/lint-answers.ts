/** Contradictions in the answers that were agreed: those that cannot come, cannot be distinguished, or cannot be matched with their message. */

import { isUnsigned, type Acknowledgement } from '../../model/message.ts';
import { seededRandom } from '../../model/seeded-random.ts';
import type { Adapter, MessageFormat } from '../adapter.ts';
import { answersOf } from '../conversation/answers.ts';
import { secondsOf, type AnswerData } from '../conversation/stages.ts';
import type { Manifest } from '../manifest.ts';
import { refusalOf } from './failures.ts';
import { inventAcknowledgement } from './generate-acknowledgements.ts';
import { lintFinding, type LintFinding, type LintSubject } from './lint-rules.ts';
import type { Contradiction } from './lint-ways.ts';
import { decodeText, encodeText } from './message-text.ts';

/** What the templates of the folder say. */
export type TextOf = (template: string) => string;

export function lintAnswers(manifest: Manifest, textOf: TextOf): Contradiction[] {
  return [...lintTheirs(manifest, textOf), ...lintStatuses(manifest), ...lintOurs(manifest)];
}

function lintTheirs(manifest: Manifest, textOf: TextOf): Contradiction[] {
  const { conversation: { send } = {}, transport } = manifest;
  const answers = send === undefined ? [] : answersOf(send);
  const modes = answers.map(
    ({ kind, mode }) => mode ?? (transport === 'https' && kind !== 'silence' ? 'sync' : 'async'),
  );
  const texts = answers.map((answer) =>
    'template' in answer ? textOf(answer.template ?? '').replace(/\s+/gu, ' ') : '',
  );
  const isLike = (i: number, j: number): boolean =>
    modes[i] === modes[j] && (modes[i] === 'sync' || (texts[i] !== '' && texts[i] === texts[j]));
  return answers.flatMap((answer, i): Contradiction[] => {
    const at = send?.answer === undefined ? `/conversation/send/answers/${i}` : '/conversation/send/answer';
    return [
      [
        answers.some((_, earlier) => earlier < i && isLike(earlier, i)),
        at,
        'nothing distinguishes this answer from the one before it',
        'Write mode: async where it is a message of its own, or show in its template by what they differ.',
      ],
      [
        answer.says === 'technical' && answers.slice(0, i).some(({ says }) => says !== 'technical'),
        at,
        'the answer that settles the message comes before this one',
        'Write the technical answer first.',
      ],
      [
        send?.resend === 'unsafe' && answer.then === 'resend',
        at,
        'a message that may be taken twice is sent again without an answer',
        'Write then: hold, or leave resend: unsafe out.',
      ],
      ...lintKind(manifest, answer, at),
      ...lintReference(manifest, answer, at),
      ...lintDocument(manifest, answer, at, textOf),
    ];
  });
}

/** The answer by itself, whatever it is. */
function lintKind(
  { conversation: { send } = {}, seal, transport }: Manifest,
  answer: AnswerData,
  at: string,
): Contradiction[] {
  const { kind } = answer;
  const said = kind === 'status' ? Object.values(answer.statuses ?? {}) : [];
  const hasMessages = transport === 'amqp' || transport === 'https-pull'; // conversation/file-rules.ts has those of files
  return [
    [
      hasMessages && (answer.mode === 'sync' || kind === 'status'),
      at,
      'this transport has no responses',
      'Write mode: async, and describe the answer by a template.',
    ],
    [
      kind === 'none' && send?.answers !== undefined && send.answers.length > 1,
      at,
      'nothing comes, and another answer is expected beside it',
      'Leave one of them out.',
    ],
    [
      kind === 'receipt' && isUnsigned(seal),
      at,
      'receipts are signed, and this partner does not sign',
      'Describe its answer: document, status, silence or none.',
    ],
    [
      new Set(said).size < said.length,
      `${at}/statuses`,
      'one status means two verdicts',
      'Give each verdict a status of its own, or name the header that says it.',
    ],
  ];
}

/** What an answer is about, and until when it comes. */
function lintReference(
  { conversation: { stream } = {}, arrangement, transport }: Manifest,
  { correlate, within }: AnswerData,
  at: string,
): Contradiction[] {
  const numbers = ['chained', 'numbered'].includes(stream?.discipline ?? 'chained');
  return [
    [
      within !== undefined && secondsOf(within) > arrangement.maxAgeSeconds.value,
      at,
      'an answer may come when the list is too old already',
      'Shorten within, or agree a longer maxAgeSeconds.',
    ],
    [
      correlate === 'correlationId' && transport !== 'amqp',
      `${at}/correlate`,
      'only messages of a broker have a correlationId',
      'Name a header, or show {ack.subject} in the template.',
    ],
    [
      correlate === 'number' && !numbers,
      `${at}/correlate`,
      'the lists of this partner have no number that an answer could name',
      'Write correlate: subject.',
    ],
  ];
}

function lintDocument(
  { conversation: { stream, receive } = {}, transport }: Manifest,
  answer: AnswerData,
  at: string,
  textOf: TextOf,
): Contradiction[] {
  if (!('template' in answer) || 'file' in answer) return [];
  const text = textOf(answer.template);
  const alone = answer.mode === 'async' || transport !== 'https' || answer.kind === 'silence';
  const { correlate } = answer;
  const paths = correlate === 'subject' || correlate === 'number' ? correlate : 'subject|number';
  const named = new RegExp(`\\{ack\\.(?:${paths})`, 'u').test(text);
  return [
    [
      alone && !comesAlone(receive) && transport !== 'sftp' && transport !== 'folder',
      at,
      'nothing says where this answer comes',
      'Add receive.acknowledgements, or a kind acknowledgement under receive.consume.kinds.',
    ],
    [
      alone && !named && (correlate === undefined || paths === correlate),
      at,
      'nothing names the message that this answer is about',
      'Show {ack.subject} or {ack.number} in its template, or write correlate.',
    ],
    [
      alone && stream?.restart === 'day' && isByNumberAlone(text, correlate),
      at,
      'this answer names a number that a list of each day has, and may come on another day',
      'Show {ack.subject} or {ack.period} in its template, or write correlate.',
    ],
    [
      answer.per === 'record' && !/\{identifier(?!\?)\b/u.test(text),
      at,
      'the template need not name a record of which it speaks',
      'Show {identifier}, without a question mark, in a list of results.',
    ],
  ];
}

function comesAlone(receive: NonNullable<Manifest['conversation']>['receive']): boolean {
  const kinds = Object.values(receive?.consume?.kinds ?? {});
  return receive?.acknowledgements !== undefined || kinds.includes('acknowledgement');
}

function isByNumberAlone(text: string, correlate: AnswerData['correlate']): boolean {
  if (!text.includes('{ack.number') || text.includes('{ack.period')) return false;
  return correlate === 'number' || (correlate === undefined && !text.includes('{ack.subject'));
}

function lintStatuses({ conversation: { send } = {} }: Manifest): Contradiction[] {
  const { read = [], later = [], hold = [] } = send?.statuses ?? {};
  const all = [...new Set(read), ...new Set(later), ...new Set(hold)];
  return [
    [
      new Set(all).size < all.length,
      '/conversation/send/statuses',
      'one status means two things',
      'Name each status once: its body is the answer, the message is sent again later, or staff must act.',
    ],
  ];
}

function lintOurs({ conversation: { send, receive } = {}, transport }: Manifest): Contradiction[] {
  const answer = receive?.answer;
  if (answer === undefined) return [];
  const at = '/conversation/receive/answer';
  if (!('template' in answer)) {
    const { statuses, header } = { statuses: undefined, header: undefined, ...answer };
    const { applied, rejected } = { applied: 200, rejected: 422, ...statuses };
    return [
      [
        answer.kind === 'status' && header === undefined && applied === rejected,
        `${at}/statuses`,
        'the partner could not tell a list that was refused from one that was applied',
        'Give rejected a status of its own, or name a header that says the verdict.',
      ],
    ];
  }
  const { mode, request, publish } = answer;
  const needed = transport === 'amqp' ? publish : mode === 'async' ? request : {};
  const alike = (one: unknown, other: unknown): boolean =>
    one !== undefined && JSON.stringify(one) === JSON.stringify(other);
  return [
    [
      needed === undefined && transport !== 'sftp' && transport !== 'folder',
      mode === undefined ? at : `${at}/mode`,
      'our answer has no way to the partner',
      'Add answer.request over HTTPS, or answer.publish over a broker.',
    ],
    [
      alike(request, send?.request) || alike(publish, send?.publish),
      `${at}/${publish === undefined ? 'request' : 'publish'}`,
      'our lists and our answers go one way, and nothing distinguishes them',
      'Give answers another path, key, or property that says what they are.',
    ],
  ];
}

/** Answers that are messages of their own are distinguished by their templates alone: the first that reads one counts. */
export function lintLike(adapter: Adapter, { place, tools }: LintSubject): LintFinding[] {
  const stages = adapter.exchange.send?.stages ?? [];
  const readBy = (one: MessageFormat<Acknowledgement>, other: MessageFormat<Acknowledgement>): boolean =>
    Array.from({ length: 20 }, (_, seed) => inventAcknowledgement(adapter, seededRandom(seed), other)).some((said) => {
      const refused = refusalOf(() => {
        const text = encodeText(other, said);
        tools.checkSchema?.(text, one);
        decodeText(one, text, tools);
      });
      return refused === undefined;
    });
  return stages.flatMap(({ format, mode }, i) => {
    const earlier = stages.slice(0, i).find((each) => {
      if (format === undefined || each.format === undefined || each.format === format) return false;
      return mode === 'async' && each.mode === 'async' && readBy(each.format, format);
    });
    if (earlier === undefined) return [];
    const detail = 'nothing distinguishes this answer from the one before it';
    const fix = 'Show in both templates by what they differ: a word, an element or a code that only one of them has.';
    return [lintFinding('conversation_contradicts', place(`/conversation/send/answers/${i}`), detail, fix)];
  });
}
