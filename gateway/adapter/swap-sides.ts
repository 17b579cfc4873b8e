/** An adapter as its partner has it: a folder describes one conversation, and each side has one half of it. */

import { present } from '../model/present.ts';
import type { Adapter, AnswerStage, Exchange } from './adapter.ts';

/**
 * The adapter of the partner's side, whose gateway runs this program too. `other`: the administration that wrote the folder. What cannot be
 * played (`notPlayed`) stays as it is.
 */
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
    exchange: notPlayed(adapter.exchange) === undefined ? swapExchange(adapter.exchange) : adapter.exchange,
  };
}

/** What of the partner's side this program is not; undefined where it can play it. */
export function notPlayed({ send, receive }: Exchange): string | undefined {
  const own = send?.publish ?? send?.file ?? receive?.consume ?? receive?.publish ?? receive?.file ?? receive?.request;
  if (own !== undefined || typeof receive?.acknowledgements === 'object')
    return 'a broker, files or a mailbox of its own';
  if (receive !== undefined && receive.answer === undefined) return 'no answers of ours';
  const { stages = [] } = send ?? {};
  const answers = stages.some(({ format }) => format !== undefined) || stages.every(({ kind }) => kind === 'receipt');
  return answers ? undefined : 'answers by no more than a status';
}

function swapExchange(exchange: Exchange): Exchange {
  const { send, receive } = exchange;
  return present({ send: receive && sending(receive), receive: send && receiving(exchange) });
}

type Receiving = NonNullable<Exchange['receive']>;

/** How the partner sends to us: to the paths of our door, until it has our answers. */
function sending({ method, path, mode, answer: format, statuses }: Receiving): NonNullable<Exchange['send']> {
  const stage: AnswerStage = {
    ...{ kind: 'document', mode, says: 'business', per: 'message', withinSeconds: 900, then: 'resend' },
    ...present({ format }),
  };
  const read = [...new Set(Object.values(statuses))];
  return { ...(path !== undefined && { request: present({ method, path }) }), statuses: { read }, stages: [stage] };
}

/** How the partner receives ours: at the path of its server, with the statuses and answers that we expect. */
function receiving({ send, receive }: Exchange): Receiving | undefined {
  const { request, statuses: { read = [200, 422] } = {}, stages = [] } = send ?? {};
  const stage = stages.find(({ format }) => format !== undefined);
  if (stage?.format === undefined) return undefined; // it answers by receipts
  const later = receive?.acknowledgements;
  const applied = read.find((status) => status < 300) ?? 200;
  const rejected = read.find((status) => status >= 400) ?? applied;
  return {
    ...present({ method: request?.method, path: request?.path, acknowledgements: receive?.answerRequest?.path }),
    ...{ answer: stage.format, mode: stage.mode, statuses: { applied, held: applied, rejected } },
    ...(typeof later === 'string' && stage.mode === 'async' && { answerRequest: { path: later } }),
    textOf: receive?.textOf ?? (() => undefined),
  };
}
