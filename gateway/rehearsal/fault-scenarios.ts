/** Runs the scenarios of injected faults: each must end as expected, and the exchange must continue afterwards. */

import { setTimeout as wait } from 'node:timers/promises';
import { answerTravels } from '../adapter/adapter.ts';
import type { OpenGateway } from '../app/composition.ts';
import { getPartner } from '../gateway.ts';
import { decideHeld } from '../inbound/receive-message.ts';
import { dayAt, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import { deliverDue } from '../outbound/delivery.ts';
import { sendList } from '../outbound/send-list.ts';
import { findInbox } from '../store/inbox.ts';
import { allOperators } from '../store/operators.ts';
import { requireFullList } from '../store/streams.ts';
import type { ListOptions } from '../model/list/queued-list.ts';
import { saveRecords } from './administrations.ts';
import { attemptsOf, findMessage, resendNow, type MessageRow } from '../store/outbox.ts';
import { sidesAgree, testedOf, type Environment } from './environment.ts';
import { complaintAbout, resultOf, type AnswerFault, type SendingFault, type SentMessage } from './fault.ts';
import { evidenceOf, scenarioFinding, together, type Evidence, type ScenarioFinding } from './scenario.ts';
import { deliveryOf, isSettled, required, sendGoodList, settled } from './sending.ts';

/** The simulator sends messages with the fault. Lists that are held are then rejected by two people. */
export async function runSendingFault(environment: Environment, fault: SendingFault): Promise<ScenarioFinding> {
  const { simulator, withinMs, tested } = environment;
  const sent = await fault.send(simulator, withinMs);
  const result = scenarioFinding(
    sent.map((message) => evidenceOf(fault.description, message)),
    ...sent.map((message) => complaintAbout(fault, message)),
  );
  if (tested === undefined) return result;
  const held = sent.filter(({ receipt }) => receipt?.verdict === 'held');
  const rejected: ScenarioFinding[] = [];
  for (const message of held) rejected.push(await rejectHeld(environment, message));
  return together(result, ...rejected);
}

async function rejectHeld(environment: Environment, { id, digest }: SentMessage): Promise<ScenarioFinding> {
  const { simulator, withinMs } = environment;
  const tested = testedOf(environment);
  const partner = simulator.gateway.home.country;
  // Where a list does not carry its id, each side has one of its own.
  const { messageId = id } = (await findInbox(tested.db.sql, { partner, digest })) ?? {};
  const first = await decideHeld(tested, messageId, { decision: 'refuse', person: 'first' });
  await decideHeld(tested, messageId, { decision: 'refuse', person: 'second' });
  // A partner whose answers are responses alone asks again, when it likes.
  const answers = answerTravels(getPartner(tested, partner).adapter.exchange, true);
  if (!answers) return await requireRejected(tested, partner, digest);
  const receipt = await simulator.receipts.next(digest, 1, withinMs);
  const delivery = { id, digest, evidence: 'as a message of its own', ...receipt };
  return scenarioFinding(
    [evidenceOf('two people rejected the held list', delivery)],
    first !== undefined && 'one person alone decided about a held list',
    // Not every answer states a code.
    !['E_LIST_REFUSED', 'rejected'].includes(resultOf(delivery) ?? '') &&
      'the sender was not informed that the list was rejected',
  );
}

async function requireRejected({ db }: OpenGateway, partner: string, digest: string): Promise<ScenarioFinding> {
  const held = await findInbox(db.sql, { partner, digest });
  const what = 'two people rejected the held list';
  return scenarioFinding([{ what, digest }], held?.state !== 'REJECTED' && 'the held list is not rejected');
}

/** The next good list is applied, and both sides hold the same. */
export async function sendGoodAgain(environment: Environment): Promise<ScenarioFinding> {
  const { simulator, withinMs, tested } = environment;
  const row = await sendGoodList(simulator, withinMs);
  const agree = tested === undefined || (await sidesAgree(environment));
  return scenarioFinding(
    [evidenceOf('a good list afterwards', await deliveryOf(simulator, row, withinMs))],
    !isApplied(row) && `the good list afterwards ended as ${row.verdictDetail ?? row.state}`,
    !agree && 'the two sides do not hold the same list',
  );
}

/** Closed: the partner does not say what became of it. */
const isApplied = ({ state }: MessageRow): boolean => ['ACCEPTED', 'PARTIAL', 'CLOSED'].includes(state);

/** A list of the tested gateway while the simulator responds as it should. */
export async function sendOurList(environment: Environment): Promise<ScenarioFinding> {
  const { id, digest } = await sendTested(environment);
  const row = await settled(testedOf(environment), id, environment.withinMs);
  return scenarioFinding([rowEvidence(row, 'our list')], ...(await complaintsAbout(environment, row, digest)));
}

/** Half of our operators leave: the partner holds our list, its two people release it, and its second answer settles our message. */
export async function ourListHeld(environment: Environment): Promise<ScenarioFinding> {
  const { simulator, withinMs } = environment;
  const [tested, partner] = [testedOf(environment), simulator.gateway.home.country];
  const operators = (await Array.fromAsync(allOperators(tested.db.sql))).flat();
  const active = operators.filter(({ status }) => status === 'active');
  const statusSince = dayAt(tested.now(), tested.home.timeZone);
  const leaving = active.slice(0, Math.ceil(active.length / 2));
  await saveRecords(
    tested,
    leaving.map((record) => ({ ...record, status: 'revoked', statusSince })),
  );
  try {
    const { id, digest } = await sendTested(environment, {});
    const held = await settled(tested, id, withinMs);
    const what = rowEvidence(held, 'our list without half of our operators');
    if (held.progress !== 'held')
      return { evidence: [what], complaints: [], skipped: 'the partner did not say that it holds the list' };
    const { messageId = id } =
      (await findInbox(simulator.gateway.db.sql, { digest, partner: simulator.other.code })) ?? {};
    for (const person of ['first', 'second'])
      await decideHeld(simulator.gateway, messageId, { decision: 'release', person });
    const row = await decided(tested, id, withinMs);
    return scenarioFinding(
      [what, rowEvidence(row, 'two people of the partner released it')],
      ...(await complaintsAbout(environment, row, digest)),
    );
  } finally {
    await saveRecords(
      tested,
      leaving.map((record) => ({ ...record, statusSince })),
    );
    await tested.db.transaction((tx) => requireFullList(tx, partner));
  }
}

/** The message once its second answer is held. */
async function decided(tested: OpenGateway, id: string, withinMs: number): Promise<MessageRow> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const row = await findMessage(tested.db.sql, id);
    if (row !== undefined && row.progress !== 'held') return row;
    if (performance.now() > deadline)
      throw new GatewayError('E_DELIVERY_FAILED', 'no second answer came after the held list was released', { at: id });
    await wait(pollMs);
  }
}

/** A list of the tested gateway while the responses have the fault: the same bytes arrive in the end. */
export async function runAnswerFault(environment: Environment, fault: AnswerFault): Promise<ScenarioFinding> {
  const { simulator, maxFaultMs, withinMs } = environment;
  const tested = testedOf(environment);
  const used = Promise.withResolvers<undefined>();
  simulator.inject(fault.behaviour(simulator, maxFaultMs), () => used.resolve(undefined));
  const { id, digest } = await sendTested(environment);
  await used.promise;
  const during = await findMessage(tested.db.sql, id);
  simulator.inject();
  const row = await (fault.receiptFollows === true ? settled(tested, id, withinMs) : retried(environment, id));
  const attempts = await attemptsOf(tested.db.sql, id);
  const evidences = attempts.map(({ evidence }) => evidence ?? '…').join(', ');
  return scenarioFinding(
    [
      ...(during === undefined ? [] : [rowEvidence(during, fault.description)]),
      { what: `${attempts.length} attempts: ${evidences}` },
      rowEvidence(row, 'the same list afterwards'),
    ],
    ...(await complaintsAbout(environment, row, digest)),
  );
}

/** Sends a list of the tested gateway; the last of its messages. */
async function sendTested(
  environment: Environment,
  options: ListOptions = { renew: true },
): Promise<Pick<MessageRow, 'id' | 'digest'>> {
  const tested = testedOf(environment);
  const { country } = environment.simulator.gateway.home;
  const built = await sendList(tested, country, options);
  const { list, sealed } = required(built?.messages.at(-1));
  await deliverDue(tested, country);
  return { id: list.id, digest: sealed.digest };
}

/** Longer than any back-off and any wait for an answer: the same bytes are due again. */
function backOffMs({ partners }: OpenGateway): number {
  const waits = [...partners.values()].flatMap(({ adapter }) => adapter.exchange.send?.stages ?? []);
  return 70 * 60_000 + Math.max(0, ...waits.map(({ withinSeconds }) => withinSeconds * 1000));
}

const pollMs = 25;

/** Makes retries at once, with a clock that is ahead, until the receipt is held. */
async function retried(environment: Environment, id: string): Promise<MessageRow> {
  const tested = testedOf(environment);
  // What was put again while the partner took away the first is due once more after as long.
  const begun = performance.now();
  const times = (): number => 1 + Math.floor((performance.now() - begun) / 1000);
  const ahead: OpenGateway = {
    ...tested,
    now: () => new Date(tested.now().getTime() + backOffMs(tested) * times()),
  };
  const deadline = performance.now() + environment.withinMs;
  for (;;) {
    const row = await findMessage(tested.db.sql, id);
    if (row !== undefined && isSettled(row)) return row;
    // Staff look, as was agreed for this answer, and have it sent again.
    if (row?.holdReason !== undefined || row?.progress === 'overdue')
      await tested.db.transaction((tx) => resendNow(tx, id, momentOf(ahead.now())));
    if (performance.now() > deadline)
      throw new GatewayError('E_DELIVERY_FAILED', 'our list was not sent again after the fault ended', { at: id });
    await deliverDue(ahead, environment.simulator.gateway.home.country);
    await wait(pollMs);
  }
}

/** The list must be accepted with the bytes it was sealed with, by the very receipt that the partner gave. */
async function complaintsAbout(
  { simulator: { gateway, other }, tested, withinMs }: Environment,
  row: MessageRow,
  digest: string,
): Promise<readonly (string | false)[]> {
  const deadline = performance.now() + withinMs;
  const find = () => findInbox(gateway.db.sql, { digest, partner: other.code });
  let received = await find();
  // Where nothing is answered the partner may not have looked yet.
  while (row.state === 'CLOSED' && received?.state !== 'APPLIED' && performance.now() < deadline) {
    await wait(pollMs);
    received = await find();
  }
  const stages = tested?.partners.get(gateway.home.country)?.adapter.exchange.send?.stages;
  const saysSo = stages?.some(({ kind }) => kind === 'receipt' || kind === 'document') ?? true;
  return [
    !isApplied(row) && `our list ended as ${row.verdictDetail ?? row.state}`,
    row.digest !== digest && 'other bytes were sent under the same id',
    received?.state !== 'APPLIED' && 'the partner does not hold our list as applied',
    saysSo && received?.receiptDigest !== row.receiptDigest && 'the receipt held is not the one that the partner gave',
  ];
}

function rowEvidence({ id, digest, state, verdictDetail, receiptDigest }: MessageRow, what: string): Evidence {
  return present({ what, message: id, digest, ending: verdictDetail ?? state, receiptDigest });
}
