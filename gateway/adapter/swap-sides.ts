/** An adapter as its partner has it: a folder describes one conversation, and each side has one half of it. */

import { present } from '../model/present.ts';
import { answerTravels, type Adapter, type AnswerStage, type Exchange } from './adapter.ts';
import { playedNames, type PlayedNames } from './conversation/played-broker.ts';
import { businessStage } from './conversation/stages.ts';

/** The adapter of the partner's side, whose gateway runs this program too. `other`: the administration that wrote the folder. */
export function swapSides(adapter: Adapter, other: { readonly country: string; readonly name: string }): Adapter {
  const { memorandum: _, ...shared } = adapter;
  const { theirs, ours } = adapter.identifiers;
  return {
    ...shared,
    partner: other.country,
    name: other.name,
    arrangement: adapter.otherSide,
    otherSide: adapter.arrangement,
    identifiers: { theirs: ours, ours: theirs },
    card: adapter.card.map((line) => ({ ...line, where: line.where === 'home' ? 'abroad' : 'home' })),
    exchange: swapExchange(adapter.exchange, { home: other.country, partner: adapter.partner }),
  };
}

function swapExchange(exchange: Exchange, sides: Parameters<typeof playedNames>[1]): Exchange {
  const { send, receive } = exchange;
  const names = playedNames(exchange, sides);
  const [lists, answers] = [receive?.request, receive?.acknowledgements];
  const boxes = present({ lists, answers: typeof answers === 'object' ? answers : undefined });
  return present({
    waiting: Object.keys(boxes).length === 0 ? undefined : boxes,
    send: receive && sending(exchange, receive, names),
    receive: send && receiving(send, receive, names),
  });
}

type Sending = NonNullable<Exchange['send']>;
type Receiving = NonNullable<Exchange['receive']>;

/** How the partner sends to us: to the paths of our door, a queue or a folder, or into its own mailbox, until it has our answers. */
function sending(exchange: Exchange, receive: Receiving, names: PlayedNames | undefined): Sending {
  const { method, path, statuses, file, publish } = receive;
  const read = [...new Set(Object.values(statuses))];
  return present({
    request: path === undefined ? undefined : present({ method, path }),
    statuses: path === undefined ? undefined : { read },
    file: file && present({ names: file.names, direct: false, marker: file.marker }),
    publish: publish && names?.lists,
    stages: [ourAnswer(exchange, receive)],
  });
}

/** What the partner expects of us. */
function ourAnswer(exchange: Exchange, receive: Receiving): AnswerStage {
  const { answer: format, mode, path, publish, readHead, answerFile } = receive;
  const common = { says: 'business', per: 'message', withinSeconds: 900, then: 'resend' } as const;
  if (format !== undefined && (mode === 'sync' || answerTravels(exchange, false))) {
    const { correlationId, headers = {} } = publish?.properties ?? {};
    const header = Object.entries(headers).find(([, value]) => value === '{ack.subject}')?.[0];
    const correlate: AnswerStage['correlate'] =
      correlationId === '{ack.subject}' ? 'correlationId' : header === undefined ? undefined : { header };
    return { kind: 'document', mode, ...common, ...present({ format, correlate, answerFile }) };
  }
  // Of a mailbox it sees no more than that its message was removed.
  if (path === undefined) return { kind: 'none', mode: 'async', ...common };
  return { kind: 'status', mode: 'sync', ...common, ...present({ readHead }) };
}

/** How the partner receives ours: at the path of its server, from its queue or folder, with the statuses and answers that we expect. */
function receiving(send: Sending, receive: Exchange['receive'], names: PlayedNames | undefined): Receiving | undefined {
  const { request, statuses, stages, file } = send;
  const stage = businessStage(stages) ?? stages[0];
  if (stage === undefined || (stage.kind === 'receipt' && request?.path === undefined)) return undefined; // it answers by receipts
  const { mode, format, written } = stage;
  const arrival = stages.find((each) => each !== stage && each.says === 'technical');
  const [later, back] = [receive?.acknowledgements, receive?.answerRequest];
  const answerRequest = later === undefined ? undefined : { path: typeof later === 'string' ? later : '/' };
  return {
    ...present({ method: request?.method, path: request?.path, acknowledgements: back?.path, answerRequest }),
    ...present({ acknowledgementMethod: back?.method }),
    ...(file && { file: { ...present({ names: file.names, marker: file.marker }), then: 'delete' as const } }),
    ...present({ consume: names?.consume, publish: names?.answers, arrival, written }),
    ...(format !== undefined && present({ answerFile: stage.answerFile })),
    // Without a word for a verdict nothing is written: of silence, only refusals would come.
    ...(stage.kind === 'silence' ? {} : present({ answer: format })),
    ...present({ answerHeader: written?.head }),
    mode: mode === 'sync' && (format !== undefined || stage.kind === 'receipt') ? 'sync' : 'async',
    statuses: {
      ...statusesOf(statuses?.read),
      ...(arrival === undefined ? written?.statuses : arrivedStatuses(arrival)),
    },
    textOf: receive?.textOf ?? (() => undefined),
  };
}

/** That the message arrived is all that the response says. */
function arrivedStatuses({ written }: AnswerStage): Partial<Receiving['statuses']> {
  const { applied, received = applied } = written?.statuses ?? {};
  return received === undefined ? {} : { applied: received, held: received, rejected: received };
}

function statusesOf(read: readonly number[] = [200, 422]): Receiving['statuses'] {
  const applied = read.find((status) => status < 300) ?? 200;
  return { applied, held: applied, rejected: read.find((status) => status >= 400) ?? applied };
}
