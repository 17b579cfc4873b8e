/** Contradictions in conversation of adapter.yaml; here those of the stream: lists whose losses nobody would see, places and ids that repeat. */

import { join } from 'node:path';
import { streamRules } from '../conversation/conversation.ts';
import { messageVersions, templatesIn } from '../load.ts';
import type { Manifest } from '../manifest.ts';
import { lintAnswers, type TextOf } from './lint-answers.ts';
import { lintFinding, type LintFinding, type LintSubject } from './lint-rules.ts';
import { lintWays, type Contradiction } from './lint-ways.ts';

export async function lintConversation({ folder, manifest, place, tools }: LintSubject): Promise<LintFinding[]> {
  const texts = new Map<string, string>();
  for (const { template } of templatesIn(manifest))
    texts.set(template, await tools.readText(join(folder, template)).catch(() => ''));
  const textOf = (template: string): string => texts.get(template) ?? '';
  const found = [
    ...lintStream(manifest, textOf),
    ...lintNumbers(manifest, textOf),
    ...lintPlaces(manifest, textOf),
    ...lintAnswers(manifest, textOf),
    ...lintWays(manifest),
  ];
  return found
    .filter(([wrong]) => wrong)
    .map(([, pointer, detail, fix]) => lintFinding('conversation_contradicts', place(pointer), detail, fix));
}

/** Whether a template shows operators that left like the others: as `$gone`, in an element of the same name, or in a line that begins alike. */
function mixesDepartures(template: string): boolean {
  const element = (list: string): string | undefined =>
    new RegExp(`<([^\\s<>]+)[^<>]*\\bt:each="${list}\\??"`, 'u').exec(template)?.[1];
  const rows = /^#each records.*\n([^{\n]*).*\n#each departures.*\n([^{\n]*)/mu.exec(template);
  const isRow = rows !== null && rows[1] === rows[2];
  const isElement = element('records') !== undefined && element('records') === element('departures');
  return template.includes('"$gone"') || isRow || isElement;
}

function lintStream({ conversation: { stream } = {}, lists, messages }: Manifest, textOf: TextOf): Contradiction[] {
  if (stream === undefined) return [];
  const { discipline, semantics, departures, reconcile } = stream;
  const deltas = (lists?.kinds ?? (semantics === 'replace' ? [] : ['delta'])).includes('delta');
  const blind = discipline === 'identified' || discipline === 'none' || discipline === 'dated';
  const shows = messageVersions(messages.list).every(({ template }) => mixesDepartures(textOf(template)));
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

/** The fewest digits that a number of a list has room for, in its template, its columns, and in names and paths. */
function digitsOf(texts: readonly string[]): number {
  const holes = /\{message\.(?:position\.sequence|number)\??(?::(?:[^|{}]?[<>])?(\d+)b?)?(?:\|pad:(\d+))?/gu;
  const rooms = texts.flatMap((text) => [...text.matchAll(holes)].flatMap(([, columns, pad]) => [columns, pad]));
  return Math.min(15, ...rooms.flatMap((room) => (room === undefined ? [] : [Number(room)])));
}

/** From which number to which lists count, and when they begin again. */
function lintNumbers({ conversation = {}, messages }: Manifest, textOf: TextOf): Contradiction[] {
  const rules = streamRules(conversation);
  if (rules.discipline !== 'numbered') return [];
  const { first, max, restart, yearBegins, yearNamed } = rules;
  const templates = messageVersions(messages.list).map(({ template }) => textOf(template));
  const digits = digitsOf([...templates, JSON.stringify(conversation)]);
  const at = '/conversation/stream';
  return [
    [
      yearBegins !== undefined && restart !== 'year',
      `${at}/yearBegins`,
      'a year begins in a month of its own, and numbers do not begin again with the year',
      'Write restart: year, or remove yearBegins.',
    ],
    [
      yearNamed !== undefined && yearBegins === undefined,
      `${at}/yearNamed`,
      'a year that begins in January begins and ends in one calendar year',
      'Write the month with which the year begins as yearBegins, or remove yearNamed.',
    ],
    [
      max >= 10 ** digits,
      `${at}/max`,
      `a number of a list has room for ${digits} digits, and numbers go up to ${max}: beyond its room no list could be sent`,
      `Write max: ${10 ** digits - 1}, or agree more digits with the partner.`,
    ],
    [
      first > max,
      `${at}/first`,
      'the first number is greater than the last one',
      'Write the number with which counting begins as first, and the greatest as max.',
    ],
  ];
}

/** What says the place of a list and its id: each must be read, and none come again. */
function lintPlaces({ conversation = {}, messages }: Manifest, textOf: TextOf): Contradiction[] {
  const rules = streamRules(conversation);
  const { id, issuedAt } = conversation.fills?.message ?? {};
  const shown = messageVersions(messages.list).every(({ template }) => textOf(template).includes('{message.period'));
  const restarts = rules.discipline === 'numbered' && rules.restart !== 'never';
  const [at, idAt] = ['/conversation/stream', '/conversation/fills/message/id'];
  const parts: readonly string[] | undefined = Array.isArray(id) ? id : undefined;
  const needed = rules.discipline === 'numbered' ? ['number', ...(restarts ? ['period'] : [])] : ['day'];
  const counts = rules.discipline === 'numbered' || (rules.discipline === 'dated' && rules.revision === 'refuse');
  const unique = counts && needed.every((part) => parts?.includes(part));
  return [
    [
      restarts && issuedAt === 'received' && !shown,
      `${at}/restart`,
      'numbers begin again, and nothing that a list states says in which period one counts',
      'Show {message.period} or {message.issuedAt} in the list template, or fill issuedAt from the name of the file.',
    ],
    [
      rules.discipline === 'identified' && issuedAt === 'received',
      `${at}/discipline`,
      'lists are ordered by their time of issue, and none states it',
      'Show {message.issuedAt} in the list template, or write discipline: none.',
    ],
    [
      parts !== undefined && !unique,
      idAt,
      'two lists would have the same id',
      'Join what differs: number, also period where numbers begin again; day only for one list a day (revision: refuse); or write digest.',
    ],
  ];
}
