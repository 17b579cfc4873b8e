/** Contradictions in conversation of adapter.yaml: answers that cannot come or cannot be distinguished, and lists whose losses nobody would see. */

import { join } from 'node:path';
import { answersOf } from '../conversation/answers.ts';
import { secondsOf, type AnswerData } from '../conversation/stages.ts';
import { templatesIn } from '../load.ts';
import type { Manifest } from '../manifest.ts';
import { lintFinding, type LintFinding, type LintSubject } from './lint-rules.ts';
import { lintWays, type Contradiction } from './lint-ways.ts';

export async function lintConversation({ folder, manifest, place, tools }: LintSubject): Promise<LintFinding[]> {
  const texts = new Map<string, string>();
  for (const { template } of templatesIn(manifest))
    texts.set(template, await tools.readText(join(folder, template)).catch(() => ''));
  const textOf = (template: string): string => texts.get(template) ?? '';
  const found = [
    ...lintStream(manifest, textOf),
    ...lintAnswers(manifest, textOf),
    ...lintOurAnswer(manifest),
    ...lintWays(manifest),
  ];
  return found
    .filter(([wrong]) => wrong)
    .map(([, pointer, detail, fix]) => lintFinding('conversation_contradicts', place(pointer), detail, fix));
}

type TextOf = (template: string) => string;

/** Whether a template shows operators that left like the others: as `$gone`, in an element of the same name, or in a line that begins alike. */
function mixesDepartures(template: string): boolean {
  const element = (list: string): string | undefined =>
    new RegExp(`<([^\\s<>]+)[^<>]*\\bt:each="${list}\\??"`, 'u').exec(template)?.[1];
  const rows = /^#each records.*\n([^{\n]*).*\n#each departures.*\n([^{\n]*)/mu.exec(template);
  const isRow = rows !== null && rows[1] === rows[2];
  const isElement = element('records') !== undefined && element('records') === element('departures');
  return template.includes('"$gone"') || isRow || isElement;
}

function lintStream(
  { conversation: { stream } = {}, lists, messages, transport }: Manifest,
  textOf: TextOf,
): Contradiction[] {
  if (stream === undefined) return [];
  const { discipline, semantics, departures, reconcile } = stream;
  const deltas = (lists?.kinds ?? (semantics === 'replace' ? [] : ['delta'])).includes('delta');
  const layouts = 'template' in messages.list ? [messages.list] : messages.list;
  const isFile = transport !== 'https' && transport !== 'amqp';
  const blind = discipline === 'identified' || discipline === 'none' || (discipline === 'dated' && !isFile);
  const shows = layouts.every(({ template }) => mixesDepartures(textOf(template)));
  const at = '/conversation/stream';
  return [
    [
      departures === 'byAbsence' && deltas,
      `${at}/departures`,
      'a list of changes does not show who is absent',
      'Send full lists only: semantics: replace.',
    ],
    [
      departures === 'byStatus' && !shows,
      `${at}/departures`,
      'no list template shows operators that left among the others',
      'Show departures with {reason} where records show {status}: $gone in JSON, a second element or line in other formats.',
    ],
    [
      deltas && semantics !== 'upsert' && blind,
      `${at}/discipline`,
      'nobody would see that a list of changes was lost',
      'Send full lists only (semantics: replace), or agree semantics: upsert with reconcile.',
    ],
    [
      semantics === 'upsert' && reconcile === undefined,
      at,
      'nothing would ever set right what was lost of upserts',
      'Agree how often a full list comes: reconcile: 7d.',
    ],
  ];
}

function lintAnswers(manifest: Manifest, textOf: TextOf): Contradiction[] {
  const { conversation: { send } = {}, arrangement, transport } = manifest;
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
        send?.resend === 'unsafe' && answer.then === 'resend',
        at,
        'a message that may be taken twice is sent again without an answer',
        'Write then: hold, or leave resend: unsafe out.',
      ],
      [
        answer.within !== undefined && secondsOf(answer.within) > arrangement.maxAgeSeconds.value,
        at,
        'an answer may come when the list is too old already',
        'Shorten within, or agree a longer maxAgeSeconds.',
      ],
      ...lintDocument(manifest, answer, at, textOf),
    ];
  });
}

function lintDocument(
  { conversation: { receive } = {}, transport }: Manifest,
  answer: AnswerData,
  at: string,
  textOf: TextOf,
): Contradiction[] {
  if (!('template' in answer) || 'file' in answer) return [];
  const text = textOf(answer.template);
  const hasResponse = transport === 'https';
  const alone = answer.mode === 'async' || !hasResponse || answer.kind === 'silence';
  const comes =
    receive?.acknowledgements ??
    Object.values(receive?.consume?.kinds ?? {}).find((kind) => kind === 'acknowledgement');
  const named = answer.correlate !== undefined || /\{ack\.(?:subject|number)/u.test(text);
  return [
    [answer.mode === 'sync' && !hasResponse, at, 'this transport has no responses', 'Write mode: async.'],
    [
      alone && comes === undefined && transport !== 'sftp' && transport !== 'folder',
      at,
      'nothing says where this answer comes',
      'Add receive.acknowledgements, or a kind acknowledgement under receive.consume.kinds.',
    ],
    [
      alone && !named,
      at,
      'nothing names the message that this answer is about',
      'Show {ack.subject} or {ack.number} in its template, or write correlate.',
    ],
    [
      answer.per === 'record' && !/\{identifier(?!\?)\b/u.test(text),
      at,
      'the template need not name a record of which it speaks',
      'Show {identifier}, without a question mark, in a list of results.',
    ],
  ];
}

function lintOurAnswer({ conversation: { receive } = {} }: Manifest): Contradiction[] {
  const answer = receive?.answer;
  if (answer === undefined || 'kind' in answer) return [];
  return [
    [
      answer.mode === 'async' && answer.request === undefined && answer.publish === undefined,
      '/conversation/receive/answer/mode',
      'our answer has no way to the partner',
      'Add answer.request, or leave mode out.',
    ],
  ];
}
