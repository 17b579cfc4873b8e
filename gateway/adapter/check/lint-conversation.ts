/** Contradictions in conversation of adapter.yaml: answers that cannot come or cannot be distinguished, and lists whose losses nobody would see. */

import { join } from 'node:path';
import { answersOf } from '../conversation/answers.ts';
import { secondsOf, type AnswerData } from '../conversation/stages.ts';
import { templatesIn } from '../load.ts';
import type { Manifest } from '../manifest.ts';
import { lintFinding, type LintFinding, type LintSubject } from './lint-rules.ts';

/** What is wrong, at which JSON Pointer, and how to mend it. */
type Contradiction = readonly [wrong: boolean, pointer: string, detail: string, fix: string];

export async function lintConversation({ folder, manifest, place, tools }: LintSubject): Promise<LintFinding[]> {
  const texts = new Map<string, string>();
  for (const { template } of templatesIn(manifest))
    texts.set(template, await tools.readText(join(folder, template)).catch(() => ''));
  const textOf = (template: string): string => texts.get(template) ?? '';
  const found = [
    ...lintStream(manifest, textOf),
    ...lintAnswers(manifest, textOf),
    ...lintOurAnswer(manifest),
    ...lintRequests(manifest),
  ];
  return found
    .filter(([wrong]) => wrong)
    .map(([, pointer, detail, fix]) => lintFinding('conversation_contradicts', place(pointer), detail, fix));
}

type TextOf = (template: string) => string;

function lintStream({ conversation: { stream } = {}, lists, messages }: Manifest, textOf: TextOf): Contradiction[] {
  if (stream === undefined) return [];
  const { semantics, departures, reconcile } = stream;
  const deltas = (lists?.kinds ?? (semantics === 'replace' ? [] : ['delta'])).includes('delta');
  const layouts = 'template' in messages.list ? [messages.list] : messages.list;
  const shows = layouts.every(({ template }) => !template.endsWith('.json') || textOf(template).includes('"$gone"'));
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
      'Add $gone beside $item.',
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
  const { conversation: { send } = {}, arrangement } = manifest;
  const answers = send === undefined ? [] : answersOf(send);
  return answers.flatMap((answer, i): Contradiction[] => {
    const at = send?.answer === undefined ? `/conversation/send/answers/${i}` : '/conversation/send/answer';
    return [
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
      answer.per === 'record' && !/\{identifier/u.test(text),
      at,
      'the template names no records',
      'Show {identifier} in a list of results.',
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

/** Headers that the settings or the connection itself decide. */
const reservedHeaders = /^(?:proxy-)?authorization$|^(?:cookie|host|content-length|transfer-encoding|connection)$/iu;

function lintRequests({ conversation: { send, receive } = {} }: Manifest): Contradiction[] {
  const { request: mailbox, answer } = receive ?? {};
  const answerRequest = answer !== undefined && 'request' in answer ? answer.request : undefined;
  const headers = { 'send/request': send?.request, 'receive/answer/request': answerRequest };
  const reserved = Object.entries(headers).flatMap(([at, form]) =>
    Object.keys(form?.headers ?? {}).map((name): Contradiction => {
      const fix = 'Leave it out; credentials are settings of the partner.';
      return [
        reservedHeaders.test(name),
        `/conversation/${at}/headers/${name}`,
        `${name} is no header of an adapter`,
        fix,
      ];
    }),
  );
  const unnamed = (['get', 'remove'] as const).map((part): Contradiction => {
    const wrong = mailbox !== undefined && !JSON.stringify(mailbox[part]).includes('{name}');
    return [
      wrong,
      `/conversation/receive/request/${part}`,
      `${part} does not say which message`,
      'Put {name} into its path or query.',
    ];
  });
  return [...reserved, ...unnamed];
}
