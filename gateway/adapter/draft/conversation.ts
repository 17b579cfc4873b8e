/** How a partner of another make converses, as far as its samples tell: what its lists do not carry, and how it answers. */

import type { ConversationData } from '../conversation/conversation.ts';
import type { Fills, MessageFill } from '../conversation/fills.ts';
import type { MessageData } from '../message-data.ts';
import { present } from '../../model/present.ts';
import { ask, type Drafting } from './drafting.ts';
import type { Placed } from './place.ts';
import { withAnswers } from './answers.ts';

export interface ConversationDraft {
  readonly conversation: ConversationData;
  /** No sample names operators that left: lists are full ones, and who is missing has left. */
  readonly fullOnly: boolean;
  /** Paths that a list need not carry. */
  readonly unstated: ReadonlySet<string>;
}

const ofOurs = [
  ...['epoch.no', 'epoch.id', 'sequence', 'chain', 'root', 'count'].map((each) => `message.position.${each}`),
  'message.previousChain',
];

/** Undefined where neither an acknowledgement, an answer nor a workbook says that the partner runs another program than this. */
export function draftConversation(
  { placements, departures }: Placed,
  drafting: Drafting,
  isWorkbook: boolean,
): ConversationDraft | undefined {
  const { answers, acknowledgements, ourGrades } = drafting;
  const given = withAnswers({}, answers)['conversation'] as ConversationData | undefined;
  if (acknowledgements.length === 0 && given === undefined && !isWorkbook) return undefined;
  const has = (path: string): boolean => placements.some((each) => each.path === path);
  const { discipline = disciplineOf(has), restart = 'never' } = given?.stream ?? {};
  const isNumbered = discipline === 'numbered';
  const stream = { discipline, ...(isNumbered && { restart }) };
  ask(drafting, '/conversation/stream/discipline', 'discipline', { discipline });
  if (isNumbered) ask(drafting, '/conversation/stream/restart', 'restart');
  if (discipline === 'chained') return { conversation: { stream }, fullOnly: false, unstated: new Set() };
  const fullOnly = departures === undefined;
  const guessed = { message: messageFills(has, stream, fullOnly), record: recordFills(has, ourGrades) };
  const fills = Object.fromEntries(Object.entries(guessed).filter(([, each]) => Object.keys(each).length > 0)) as Fills;
  const filled = Object.values<object>({ ...fills, ...given?.fills }).flatMap((each) => Object.keys(each));
  if (filled.length > 0) ask(drafting, '/conversation/fills', 'fills', { list: filled.join(', ') });
  const own = ofOurs.filter((path) => !isNumbered || path !== 'message.position.sequence');
  return {
    conversation: { stream, ...(filled.length > 0 && { fills }) },
    fullOnly,
    unstated: new Set([
      ...own,
      ...filled,
      ...filled.map((path) => `message.${path}`),
      ...(fullOnly ? ['departures'] : []),
    ]),
  };
}

type Has = (path: string) => boolean;

function messageFills(
  has: Has,
  { discipline, restart }: NonNullable<ConversationData['stream']>,
  fullOnly: boolean,
): NonNullable<Fills['message']> {
  const period = restart === undefined || restart === 'never' ? [] : (['period'] as const);
  const numbered: MessageFill = ['from', 'to', ...period, 'number'];
  const id: MessageFill =
    discipline === 'numbered' ? numbered : discipline === 'dated' ? (['from', 'to', 'day'] as const) : 'digest';
  return present({
    id: has('message.id') ? undefined : id,
    from: has('message.from') ? undefined : ('channel' as const),
    to: has('message.to') ? undefined : ('channel' as const),
    kind: has('message.kind') || !fullOnly ? undefined : { is: 'full' },
    issuedAt: has('message.issuedAt') ? undefined : ('received' as const),
    nextBy: has('message.nextBy') ? undefined : ({ from: 'issuedAt', add: 'maxAge' } as const),
  });
}

function recordFills(has: Has, ourGrades: readonly string[]): NonNullable<Fills['record']> {
  const copied = (path: 'statusSince' | 'validFrom', from: 'statusSince' | 'validFrom') =>
    has(path) || !has(from) ? undefined : { from };
  return present({
    grade: has('grade') ? undefined : { is: ourGrades[0] ?? '' },
    status: has('status') ? undefined : { is: 'active' },
    statusSince: copied('statusSince', 'validFrom'),
    validFrom: copied('validFrom', 'statusSince'),
  });
}

/** What orders the lists, by what they carry. */
function disciplineOf(has: Has): NonNullable<ConversationData['stream']>['discipline'] {
  if (has('message.position.chain') && has('message.position.root')) return 'chained';
  if (has('message.position.sequence')) return 'numbered';
  return has('message.issuedAt') ? 'identified' : 'none';
}

/** Lists and acknowledgements over HTTPS, each with a question: no sample shows paths and statuses. */
export function draftExchange(drafting: Drafting, { template, schema }: MessageData): ConversationData {
  const paths = `/partners/${drafting.partner.toLowerCase()}`;
  for (const at of [
    'send/request',
    'send/statuses',
    'receive/path',
    'receive/acknowledgements',
    'receive/answer/statuses',
    'receive/answer/request',
  ])
    ask(drafting, `/conversation/${at}`, at);
  return {
    send: {
      request: { path: '/' },
      statuses: { read: [200, 400], later: [429, 503], hold: [401, 403] },
      answer: { kind: 'document', template, schema },
    },
    receive: {
      path: `${paths}/lists`,
      acknowledgements: `${paths}/acknowledgements`,
      answer: { template, schema, statuses: { applied: 200, held: 200, rejected: 400 } },
    },
  };
}
