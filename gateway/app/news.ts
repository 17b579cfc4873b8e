/**
 * Brings the changes of the register to webhooks, signed by the rules of Standard Webhooks, and to topics of brokers. A receiver gets restrictions first, and each
 * change in its order, again and again until it takes it: what it misses while it is away waits for it.
 */

import type { Gateway } from '../gateway.ts';
import { shownChange } from '../clearance/change-feed.ts';
import { later, momentOf } from '../model/day.ts';
import { sha256 } from '../model/canonical-json.ts';
import { asGatewayError, GatewayError } from '../model/errors.ts';
import type { Moment } from '../model/record/record.ts';
import { takeDuty } from '../store/alarms.ts';
import { appendEvents } from '../store/events.ts';
import { newsReaders, saveNewsReader, type NewsLane, type NewsReader } from '../store/news.ts';
import { changesAfter, newestChange, type RegisterChange } from '../store/register-changes.ts';
import { faultFields } from '../wire/log.ts';
import type { Publishable, PublishTarget } from '../wire/transport/amqp-publisher.ts';
import { unroutable } from '../wire/transport/transport.ts';
import { postWebhook } from '../wire/transport/webhook.ts';
import type { NewsFilter, NewsReceivers, NewsTopic, NewsWebhook } from './border-settings.ts';
import type { Broker } from './brokers.ts';
import { secretText } from './credentials.ts';

/** Takes a change, or throws what is wrong. */
export interface NewsReceiver extends NewsFilter {
  take(change: RegisterChange): Promise<void>;
}

export function webhookReceiver({ home }: Pick<Gateway, 'home'>, name: string, webhook: NewsWebhook): NewsReceiver {
  const { url, secret, ...filter } = webhook;
  return {
    ...filter,
    async take(change) {
      const target = { url, secret: secretText(secret, `border.webhooks.${name}.secret`) };
      await postWebhook(target, { id: idOf(home, change), body: bodyOf(change) });
    },
  };
}

/** A change is taken once the broker has it, also where no queue is bound that wants it. */
export function topicReceiver(
  { home }: Pick<Gateway, 'home'>,
  topic: NewsTopic,
  broker: Pick<Broker, 'link'>,
): NewsReceiver {
  const { exchange, declare = false, broker: _, ...filter } = topic;
  const target: PublishTarget<Publishable & { readonly change: RegisterChange }> = {
    exchange,
    key: ({ change }) => `${change.partner}.${change.kind}`,
    properties: ({ change }) => {
      const type = `operator.${change.kind}`;
      return { contentType: 'application/json', messageId: idOf(home, change), type, appId: home.country };
    },
    ...(declare && { declare: (channel) => channel.assertExchange(exchange, 'topic', { durable: true }) }),
  };
  return {
    ...filter,
    async take(change) {
      const bytes = Buffer.from(bodyOf(change));
      const { kind, evidence } = await (await broker.link()).send(target, { bytes, digest: sha256(bytes), change });
      if (kind !== 'custody' && evidence !== unroutable)
        throw new GatewayError('E_BROKER_UNREACHABLE', `a change could not be published: ${evidence}`, {
          at: exchange,
        });
    },
  };
}

/** Under which a repetition is recognised. */
const idOf = ({ country }: Gateway['home'], { n }: RegisterChange): string => `change-${country}-${n}`;

type Sending = Pick<Gateway, 'db' | 'now' | 'owner' | 'log' | 'home'>;

const lanesOf = ({ only }: NewsFilter): readonly NewsLane[] =>
  only === undefined ? ['restrictions', 'others'] : ['restrictions'];

/** Seconds until a change is posted again; the last one repeats. */
const pauses = [5, 30, 120, 600, 3600] as const;
/** Changes posted in one turn. */
const changesAtOnce = 50;
/** Without the gateway that had the duty, another takes it after so many seconds. */
const dutySeconds = 45;

/**
 * One turn of a receiver: what is due to it, of both lanes side by side. Of several gateways on a store one sends. Never rejects for a receiver
 * that fails; throws as the store.
 */
export async function sendNews(gateway: Sending, name: string, receiver: NewsReceiver): Promise<void> {
  const { db } = gateway;
  if (!(await hasDuty(gateway))) return;
  const now = momentOf(gateway.now());
  const known = await newsReaders(db.sql);
  await Promise.all(
    lanesOf(receiver).map(async (lane) => {
      const reader = known.find((each) => each.name === name && each.lane === lane);
      if (reader === undefined) await begin(gateway, name, lane);
      else if ((reader.nextAt ?? now) <= now) await send(gateway, receiver, reader);
    }),
  );
}

/** Takes the duty, or keeps it. */
async function hasDuty({ db, owner, now }: Sending): Promise<boolean> {
  const at = momentOf(now());
  const duty = { name: 'news', owner, now: at, until: later(at, dutySeconds) } as const;
  return await db.transaction((tx) => takeDuty(tx, duty));
}

/** A new receiver learns of what changes from now on. */
async function begin({ db }: Sending, name: string, lane: NewsLane): Promise<void> {
  await db.transaction(async (tx) => {
    await saveNewsReader(tx, { name, lane, n: await newestChange(tx), attempts: 0 });
  });
}

async function send(gateway: Sending, receiver: NewsReceiver, reader: NewsReader): Promise<void> {
  const { db, log } = gateway;
  const { name, lane, n: after, attempts, failingSince } = reader;
  const changes = await changesAfter(db.sql, { after, limit: changesAtOnce, lane, partner: receiver.partner });
  if (changes.length === 0) return;
  let n = after;
  try {
    for (const change of changes) {
      // A slow receiver must not outlast the duty: another gateway would post the same.
      if (!(await hasDuty(gateway))) break;
      await receiver.take(change);
      n = change.n;
    }
    await db.transaction((tx) => saveNewsReader(tx, { name, lane, n, attempts: 0 }));
  } catch (error) {
    const failed = n === after ? attempts + 1 : 1;
    const at = momentOf(gateway.now());
    const pause = pauses[Math.min(failed, pauses.length) - 1] ?? pauses[0];
    const since: Moment = n === after ? (failingSince ?? at) : at;
    log.error('a receiver did not take a change', { kind: name, attempt: failed, ...faultFields(error) });
    const fault = asGatewayError(error).detail;
    const state = { attempts: failed, nextAt: later(at, pause), failingSince: since, fault };
    await db.transaction((tx) => saveNewsReader(tx, { name, lane, n, ...state }));
  }
}

/** The change as `GET /v1/changes` shows it. */
function bodyOf(change: RegisterChange): string {
  return JSON.stringify({ type: `operator.${change.kind}`, timestamp: change.known_at, data: shownChange(change) });
}

interface ReceiverState {
  readonly name: string;
  readonly lane: NewsLane;
  /** The number of the last change that it took. */
  readonly n: number;
  /** How many changes wait, up to 1,000. */
  readonly waiting: number;
  readonly attempts: number;
  readonly failingSince?: Moment | undefined;
  readonly fault?: string | undefined;
}

/** Where each receiver of the settings stands; one that has not begun is absent. */
export async function receiverStates(
  { db }: Pick<Sending, 'db'>,
  receivers: NewsReceivers,
): Promise<readonly ReceiverState[]> {
  const states: ReceiverState[] = [];
  for (const { name, lane, n, attempts, failingSince, fault } of await newsReaders(db.sql)) {
    const receiver = receivers[name];
    if (receiver === undefined || !lanesOf(receiver).includes(lane)) continue;
    const waiting = await changesAfter(db.sql, { after: n, limit: 1_000, lane, partner: receiver.partner });
    states.push({ name, lane, n, attempts, waiting: waiting.length, failingSince, fault });
  }
  return states;
}

/**
 * A person lets a receiver go on without the change that it does not take. Returns that change. Throws E_REQUEST_INVALID where it takes
 * all, or there is no such receiver.
 */
export async function skipChange(
  { db, now }: Pick<Sending, 'db' | 'now'>,
  receivers: NewsReceivers,
  { name, person, reason }: { readonly name: string; readonly person: string; readonly reason: string },
): Promise<RegisterChange> {
  return await db.transaction(async (tx) => {
    const failing = (await newsReaders(tx)).find((each) => each.name === name && each.attempts > 0);
    const next = failing && { after: failing.n, limit: 1, lane: failing.lane, partner: receivers[name]?.partner };
    const [change] = next === undefined ? [] : await changesAfter(tx, next);
    if (failing === undefined || change === undefined)
      throw new GatewayError('E_REQUEST_INVALID', 'no change waits because this receiver does not take it', {
        at: name,
      });
    await saveNewsReader(tx, { name, lane: failing.lane, n: change.n, attempts: 0 });
    const detail = { person, reason, n: change.n, fault: failing.fault };
    await appendEvents(tx, [{ kind: 'change_skipped', ref: name, detail, at: momentOf(now()) }]);
    return change;
  });
}
