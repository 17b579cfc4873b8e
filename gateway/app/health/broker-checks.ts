/** What is examined of the brokers: whether they answer and take messages, what partners need there, and what was laid aside. */

import type { Partner } from '../../gateway.ts';
import { asGatewayError } from '../../model/errors.ts';
import { examineBroker, type BrokerNames } from '../../wire/transport/amqp-connection.ts';
import { deadEntryQueueName, deadLetterQueueName, exchangeName } from '../../wire/transport/amqp-topology.ts';
import type { BorderQueue } from '../border-settings.ts';
import type { OpenGateway } from '../composition.ts';
import { namedBrokers } from '../brokers.ts';
import type { BrokerConfig } from '../config.ts';
import { causeOfFailure, type Cause } from './causes.ts';
import { fail, ok, type Finding } from './finding.ts';
import { measure, type Measure } from './measures.ts';

export async function examineBrokers(gateway: OpenGateway): Promise<readonly Finding[]> {
  const named = [...namedBrokers(gateway.config)];
  return (await Promise.all(named.map(([name, settings]) => examineOne(gateway, name, settings)))).flat();
}

async function examineOne(gateway: OpenGateway, name: string, broker: BrokerConfig): Promise<readonly Finding[]> {
  const check = name === '' ? 'broker' : `broker ${name}`;
  const using = usersOf(gateway, name);
  const partners = using.map(({ code }) => code);
  const found = (findings: readonly Finding[], ready: boolean, more: readonly Measure[] = []): readonly Finding[] => {
    const measures = [measure('mra_broker_ready', { broker: name }, ready ? 1 : 0), ...more];
    return findings.map((each, i) => ({ ...each, partners, ...(i === 0 && { measures }) }));
  };
  try {
    const names = namesAt(gateway, using, broker, entryQueues(gateway, name));
    const { declared, blocked, missing, deadLetters } = await examineBroker(broker, names, 3000);
    const counts = new Map(names.deadLetterQueues.map((queue) => [queue, 0]));
    for (const { queue, count } of deadLetters) counts.set(queue, count);
    const dead = [...counts].map(([queue, n]) => measure('mra_broker_dead_letters', { broker: name, queue }, n));
    if (blocked !== undefined) {
      const detail = `has an alarm and takes no messages: ${blocked}`;
      return found([fail(check, detail, 'Free memory or disk of the broker.', 'broker_blocked')], false, dead);
    }
    const fix = 'Ask the operator of the broker, or correct the adapter.';
    if (missing.length > 0)
      return found([fail(check, `has no ${missing.join(', ')}`, fix, 'broker_incomplete')], false, dead);
    if (deadLetters.length > 0)
      return found(
        deadLetters.map((laid) => laidAside(check, laid)),
        true,
        dead,
      );
    const detail = declared ? 'answers, no alarm, may be written' : 'answers; mra serve declares its exchange';
    return found([ok(check, detail)], true, dead);
  } catch (error) {
    const { code, detail, fix = 'Correct its url.' } = asGatewayError(error);
    return found([fail(check, `${code}: ${detail}`, `${fix} Messages wait in the outbox.`, causeOf(error))], false);
  }
}

/** Why a broker cannot be used, by its own words or by the failure of the connection. */
function causeOf(error: unknown): Cause {
  const { code, detail, cause } = asGatewayError(error);
  if (code === 'E_CONFIG_INVALID') return 'broker_access';
  if (/refuses the account/u.test(detail)) return 'broker_access';
  const failure = cause instanceof Error && 'code' in cause ? causeOfFailure(String(cause.code)) : undefined;
  return failure === 'network_down' ? 'broker_network' : 'broker_down';
}

function laidAside(check: string, { queue, count }: { readonly queue: string; readonly count: number }): Finding {
  const fix = 'Look for the cause in the log, then mra message dead list, and return or drop each.';
  return fail(check, `messages in ${queue} that could not be taken: ${count}`, fix, 'dead_letters');
}

/** The partners whose messages travel over a broker. */
export function usersOf({ config, partners }: OpenGateway, name: string): readonly Partner[] {
  return [...partners.values()].filter(({ code, adapter }) => {
    const { broker = '', transport = adapter.transport } = config.partners[code] ?? {};
    return broker === name && transport === 'amqp';
  });
}

function entryQueues({ config }: OpenGateway, name: string): readonly BorderQueue[] {
  return (config.border.queues ?? []).filter(({ broker = '' }) => broker === name);
}

/** What the partners of a broker and the border need there: the names of adapters and settings, or those of this program. */
function namesAt(
  { home }: OpenGateway,
  using: readonly Partner[],
  { realm, ...rest }: BrokerConfig,
  entries: readonly BorderQueue[],
): BrokerNames {
  const agreed = using.map(({ adapter: { exchange } }) => exchange);
  const own = using.find(({ adapter }) => adapter.exchange.send?.publish === undefined);
  const ours = own !== undefined || using.length === 0;
  return {
    ours: ours ? exchangeName({ name: realm, ...rest }, { from: home.country, to: own?.code ?? '' }) : undefined,
    exchanges: agreed.flatMap(({ send, receive }) =>
      [send?.publish, receive?.publish].flatMap((form) =>
        form === undefined || form.declare === true ? [] : [form.exchange],
      ),
    ),
    deadLetterQueues: [
      ...using
        .filter(({ adapter }) => adapter.exchange.receive?.consume === undefined)
        .map(({ code }) => deadLetterQueueName({ from: code, to: home.country }, { name: realm, ...rest })),
      ...entries.filter(({ declare }) => declare === true).map(({ queue }) => deadEntryQueueName(queue)),
    ],
    queues: [
      ...agreed.flatMap(({ receive }) =>
        receive?.consume === undefined || receive.consume.declare === true ? [] : [receive.consume.queue],
      ),
      ...entries.filter(({ declare }) => declare !== true).map(({ queue }) => queue),
    ],
  };
}
