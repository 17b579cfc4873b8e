/** Scenarios with lists as they should be, and with sequences that a sound gateway accepts. */

import { check } from '../clearance/requests.ts';
import { dayAt, later, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { ListMessage } from '../model/list/list.ts';
import type { DomesticRecord } from '../model/record/record.ts';
import { findMessage } from '../store/outbox.ts';
import { findStream } from '../store/streams.ts';
import type { ChannelDelivery } from './channel.ts';
import { sidesAgree, testedOf, type Environment } from './environment.ts';
import { isExpected, resultOf } from './fault.ts';
import { forged, heldNumberResults, nextList, type Forgery } from './forgery.ts';
import { evidenceOf, scenarioFinding, together, type ScenarioFinding } from './scenario.ts';
import { change, deliveryOf, exchange, exchangeList, startNewEpoch, required } from './sending.ts';

/** Sends a list, which must be applied; where both sides are in this process, they must hold the same. */
async function sendApplied(
  environment: Environment,
  what: string,
  options?: { renew?: boolean },
): Promise<ScenarioFinding> {
  const { simulator, withinMs } = environment;
  const row = await exchangeList(simulator, withinMs, options);
  return await requireApplied(environment, what, await deliveryOf(simulator, row, withinMs));
}

async function requireApplied(
  environment: Environment,
  what: string,
  delivery: ChannelDelivery,
): Promise<ScenarioFinding> {
  const result = resultOf(delivery);
  const agree = environment.tested === undefined || result !== 'applied' || (await sidesAgree(environment));
  return scenarioFinding(
    [evidenceOf(what, delivery)],
    result !== 'applied' && `${what} ended as ${result ?? delivery.evidence}`,
    !agree && 'the two sides do not hold the same list',
  );
}

/** Sends a message that is in no outbox, which must end as one of these. */
async function sendForged(
  { simulator }: Environment,
  what: string,
  list: ListMessage,
  { expected = ['applied'], ...forgery }: Forgery & { readonly expected?: readonly string[] } = {},
): Promise<ScenarioFinding> {
  const sent = await simulator.send(await forged(simulator, list, forgery));
  const result = resultOf(sent) ?? 'nothing';
  await startNewEpoch(simulator);
  return scenarioFinding([evidenceOf(what, sent)], !isExpected(result, expected) && `${what} ended as ${result}`);
}

function activeOperator({ simulator }: Environment): DomesticRecord {
  const { grades } = simulator.other.adapter.arrangement;
  const found = simulator.operators.find(
    ({ status, consent, grade }) => status === 'active' && consent && grades.includes(grade),
  );
  if (found === undefined) throw new GatewayError('E_REQUEST_INVALID', 'a rehearsal needs an active operator');
  return found;
}

export async function firstList(environment: Environment): Promise<ScenarioFinding> {
  const { gateway, other } = environment.simulator;
  const sent = await sendApplied(environment, 'a full list');
  const stream = await findStream(gateway.db.sql, other.code, 'out');
  return together(sent, scenarioFinding([{ what: `${stream?.position.count ?? 0} operators are on the list` }]));
}

async function outcomeOf(environment: Environment, { code }: DomesticRecord): Promise<string> {
  const { home } = environment.simulator.gateway;
  const { adapter } = environment.simulator.other;
  const tested = testedOf(environment);
  const terms = tested.partners.get(home.country)?.adapter.arrangement;
  const question = {
    partner: home.country,
    identifier: adapter.identifiers.ours.toIdentifier(code),
    role: terms?.entryRoles[0] ?? ('consignor' as const),
    direction: terms?.directions[0] ?? ('import' as const),
  };
  return (await check(tested, question, 'rehearsal')).outcome;
}

export async function suspension(environment: Environment): Promise<ScenarioFinding> {
  const { simulator } = environment;
  const operator = activeOperator(environment);
  const statusSince = dayAt(simulator.gateway.now(), simulator.gateway.home.timeZone);
  await change(simulator, [{ ...operator, status: 'suspended', statusSince }]);
  const sent = await sendApplied(environment, 'a change of one operator', {});
  if (environment.tested === undefined) return sent;
  const outcome = await outcomeOf(environment, operator);
  return together(
    sent,
    scenarioFinding(
      [{ what: `the border answers: ${outcome}` }],
      outcome !== 'suspended' && `the border answers ${outcome} about a suspended operator`,
    ),
  );
}

export const renewal = (environment: Environment): Promise<ScenarioFinding> =>
  sendApplied(environment, 'a list in which nothing changed');

export async function twiceAtOnce({ simulator }: Environment): Promise<ScenarioFinding> {
  const message = await forged(simulator, await nextList(simulator));
  const responses: ChannelDelivery[] = [];
  // The second may have been asked to come again later.
  for (const sent of await Promise.all([simulator.send(message), simulator.send(message)]))
    responses.push(sent.receipt === undefined ? await simulator.send(message) : sent);
  await startNewEpoch(simulator);
  return scenarioFinding(
    responses.map((sent) => evidenceOf('the same message at the same time', sent)),
    responses.some((sent) => resultOf(sent) !== 'applied') && 'not both were answered as applied',
    new Set(responses.map(({ receiptDigest }) => receiptDigest)).size > 1 && 'two different receipts came back',
  );
}

/** Latin, Han, Greek, Arabic and Devanagari letters. */
const fiveScripts = 'Example 示例 Παράδειγμα مثال उदाहरण';

export async function scripts(environment: Environment): Promise<ScenarioFinding> {
  const { simulator } = environment;
  const operator = activeOperator(environment);
  await change(simulator, [{ ...operator, name: { ...operator.name, local: fiveScripts } }]);
  try {
    const { records } = await nextList(simulator, { kind: 'full' });
    const sent = await sendApplied(environment, 'a name in five scripts');
    if (records.some(({ name }) => name.local === fiveScripts)) return sent;
    return { ...sent, skipped: 'this layout carries no name in the script of the country' };
  } finally {
    await change(simulator, [operator]);
  }
}

/** The next key is accepted; the good list afterwards is signed with the present one. */
export async function keyRollover(environment: Environment): Promise<ScenarioFinding> {
  const { simulator } = environment;
  const { next } = simulator.keys;
  return await sendForged(environment, 'a list under the next key', await nextList(simulator), { signer: next });
}

/** Clocks may differ by five minutes. */
export async function clockAhead(environment: Environment): Promise<ScenarioFinding> {
  const { simulator } = environment;
  const list = await nextList(simulator);
  const issuedAt = later(momentOf(simulator.gateway.now()), 240);
  return await sendForged(environment, 'a clock four minutes ahead', {
    ...list,
    issuedAt,
    nextBy: later(list.nextBy, 240),
  });
}

/** Operators in each part: a list of a hundred then has three. */
const partRecords = 40;

/** A list in parts is in force only once its last part has arrived. */
export async function parts(environment: Environment): Promise<ScenarioFinding> {
  const { simulator, withinMs } = environment;
  const { gateway, other } = simulator;
  const adapter = { ...other.adapter, lists: { ...other.adapter.lists, partRecords } };
  const sender = { ...gateway, partners: new Map([[other.code, { ...other, adapter }]]) };
  await startNewEpoch(simulator);
  const row = required(await exchange(sender, other.code, withinMs, { kind: 'full' }));
  const stream = await findStream(gateway.db.sql, other.code, 'out');
  const { sequence = 0 } = stream?.position ?? {};
  const sent = await requireApplied(
    environment,
    `the last of ${sequence} parts`,
    await deliveryOf(simulator, row, withinMs),
  );
  return sequence > 1 ? sent : { ...sent, skipped: `the list has no more than ${partRecords} operators` };
}

/** The sender forgets its last list, as after a restore from a backup; the receipt reports it, and the sender begins a new epoch. */
export async function restoredSender(environment: Environment): Promise<ScenarioFinding> {
  const { simulator, withinMs } = environment;
  const { gateway } = simulator;
  const list = await nextList(simulator);
  const { id } = await exchangeList(simulator, withinMs);
  const forgotten = required(await findMessage(gateway.db.sql, id));
  const again = await sendForged(environment, 'its sequence number again, with other content', list, {
    list: { id: gateway.newId(), issuedAt: later(list.issuedAt, 60) },
    expected: heldNumberResults(simulator, list),
  });
  return together(
    scenarioFinding([evidenceOf('the list that is forgotten', await deliveryOf(simulator, forgotten, withinMs))]),
    again,
  );
}
