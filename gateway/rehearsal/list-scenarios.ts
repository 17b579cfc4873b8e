/** Scenarios of lists as they should be: first, changed, unchanged, in parts, in many scripts, under a new key. */

import { check } from '../clearance/requests.ts';
import { dayAt, later, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { DomesticRecord } from '../model/record/domestic-record.ts';
import { findMessage, type MessageRow } from '../store/outbox.ts';
import { findStream } from '../store/streams.ts';
import { forged, nextList } from './forgery.ts';
import { evidenceOf, type Evidence, type Finding, type Scenario } from './scenario.ts';
import { goodAgain } from './fault-scenarios.ts';
import { change, exchange, startAnew } from './sending.ts';
import { oursOf, sidesAgree, type Stage } from './stage.ts';
import { endingOf, type Sent } from './fault.ts';
import type { Answer } from './way-out.ts';

async function usual(stage: Stage, wish: Parameters<typeof exchange>[3] = { renew: true }): Promise<MessageRow> {
  const { simulator, withinMs } = stage;
  const row = await exchange(simulator.gateway, simulator.other.code, withinMs, wish);
  if (row === undefined) throw new GatewayError('E_INTERNAL', 'a list that is renewed has a message');
  return row;
}

function sentOf({ simulator }: Stage, { id, digest, state }: MessageRow): Sent {
  return { id, digest, answer: { evidence: state, ...simulator.heard(digest)[0] } };
}

/** The message was applied, and where both sides are here they hold the same. */
async function applied(stage: Stage, what: string, sent: Sent): Promise<Finding> {
  const ending = endingOf(sent.answer);
  const agree = stage.ours === undefined || ending !== 'applied' || (await sidesAgree(stage));
  return {
    evidence: [evidenceOf(what, sent)],
    complaints: [
      ...(ending === 'applied' ? [] : [`${what} ended as ${ending ?? sent.answer.evidence}`]),
      ...(agree ? [] : ['the two sides do not hold the same list']),
    ],
  };
}

const both = (...findings: readonly Finding[]): Finding => ({
  evidence: findings.flatMap(({ evidence }) => evidence),
  complaints: findings.flatMap(({ complaints }) => complaints),
});

/** An operator that the other side sees as active. */
function active({ simulator }: Stage): DomesticRecord {
  const { grades } = simulator.other.adapter.arrangement;
  const found = simulator.operators.find(
    ({ status, consent, grade }) => status === 'active' && consent && grades.includes(grade),
  );
  if (found === undefined) throw new GatewayError('E_REQUEST_INVALID', 'a rehearsal needs an active operator');
  return found;
}

async function firstList(stage: Stage): Promise<Finding> {
  const row = await usual(stage);
  const stream = await findStream(stage.simulator.gateway.db.sql, stage.simulator.other.code, 'out');
  const count: Evidence = { what: `${stream?.position.count ?? 0} operators are on the list` };
  return both(await applied(stage, 'a whole list', sentOf(stage, row)), { evidence: [count], complaints: [] });
}

/** What our clearance side says of the operator now. */
async function answerOn(stage: Stage, { code }: DomesticRecord): Promise<string> {
  const { home } = stage.simulator.gateway;
  const { adapter } = stage.simulator.other;
  const ours = oursOf(stage);
  const terms = ours.partners.get(home.country)?.adapter.arrangement;
  const question = {
    partner: home.country,
    identifier: adapter.identifiers.ours.toIdentifier(code),
    role: terms?.entryRoles[0] ?? ('consignor' as const),
    direction: terms?.directions[0] ?? ('import' as const),
  };
  return (await check(ours, question, 'rehearsal')).outcome;
}

/** The suspension travels, and the border's next answer knows it. */
async function suspension(stage: Stage): Promise<Finding> {
  const operator = active(stage);
  const statusSince = dayAt(stage.simulator.gateway.now(), stage.simulator.gateway.home.timeZone);
  await change(stage.simulator, [{ ...operator, status: 'suspended', statusSince }]);
  const row = await usual(stage, {});
  const finding = await applied(stage, 'a change of one operator', sentOf(stage, row));
  if (stage.ours === undefined) return finding;
  const outcome = await answerOn(stage, operator);
  return both(finding, {
    evidence: [{ what: `the border answers: ${outcome}` }],
    complaints: outcome === 'suspended' ? [] : [`the border answers ${outcome} about a suspended operator`],
  });
}

async function renewal(stage: Stage): Promise<Finding> {
  const row = await usual(stage);
  return await applied(stage, 'a list that only says that nothing changed', sentOf(stage, row));
}

async function twiceAtOnce(stage: Stage): Promise<Finding> {
  const { simulator } = stage;
  const sealed = await forged(simulator, await nextList(simulator));
  const pair = await Promise.all([simulator.hand(sealed), simulator.hand(sealed)]);
  // Who lost the race may have been asked to come again.
  const answers: Answer[] = [];
  for (const one of pair) answers.push(one.receipt === undefined ? await simulator.hand(sealed) : one);
  const evidence = answers.map((answer) => evidenceOf('the same message in the same moment', { ...sealed, answer }));
  const receipts = new Set(answers.map(({ receiptDigest }) => receiptDigest));
  const wrong = answers.some((answer) => endingOf(answer) !== 'applied');
  await startAnew(simulator);
  return both(
    {
      evidence,
      complaints: [
        ...(wrong ? ['not both were answered as applied'] : []),
        ...(receipts.size === 1 ? [] : ['two different receipts came back']),
      ],
    },
    await goodAgain(stage),
  );
}

/** Latin, Han, Greek, Arabic and Devanagari letters in one name. */
const manyScripts = 'Example 示例 Παράδειγμα مثال उदाहरण';

async function scripts(stage: Stage): Promise<Finding> {
  const operator = active(stage);
  const before = stage.simulator.operators.find(({ code }) => code === operator.code) ?? operator;
  await change(stage.simulator, [{ ...operator, name: { ...operator.name, local: manyScripts } }]);
  try {
    const { records } = await nextList(stage.simulator, { kind: 'full' });
    const row = await usual(stage);
    const finding = await applied(stage, 'a name in five scripts', sentOf(stage, row));
    if (records.some(({ name }) => name.local === manyScripts)) return finding;
    return { ...finding, skipped: 'this layout carries no name in the script of the country' };
  } finally {
    await change(stage.simulator, [before]);
  }
}

/** First under the key that comes, then under the one that goes. */
async function rollover(stage: Stage): Promise<Finding> {
  const { simulator } = stage;
  const next = await forged(simulator, await nextList(simulator), { signer: simulator.keys.next });
  const sent = { ...next, answer: await simulator.hand(next) };
  const ending = endingOf(sent.answer);
  await startAnew(simulator);
  return both(
    {
      evidence: [evidenceOf('under the next key', sent)],
      complaints: ending === 'applied' ? [] : [`a list under the next key ended as ${ending ?? 'nothing'}`],
    },
    await goodAgain(stage),
  );
}

/** Within what clocks may differ by. */
async function clockAhead(stage: Stage): Promise<Finding> {
  const { simulator } = stage;
  const list = await nextList(simulator);
  const issuedAt = later(momentOf(simulator.gateway.now()), 240);
  const sealed = await forged(simulator, { ...list, issuedAt, nextBy: later(list.nextBy, 240) });
  const answer = await simulator.hand(sealed);
  const ending = endingOf(answer);
  await startAnew(simulator);
  return both(
    {
      evidence: [evidenceOf('issued four minutes ahead', { ...sealed, answer })],
      complaints: ending === 'applied' ? [] : [`a clock four minutes ahead ended as ${ending ?? 'nothing'}`],
    },
    await goodAgain(stage),
  );
}

/** So many operators a part, so that a list of a hundred has some. */
const smallPart = 40;

/** A whole list in several messages is in force only when its last part has come. */
async function parts(stage: Stage): Promise<Finding> {
  const { simulator, withinMs } = stage;
  const { gateway, other } = simulator;
  const adapter = { ...other.adapter, lists: { ...other.adapter.lists, partRecords: smallPart } };
  const cutting = { ...gateway, partners: new Map([[other.code, { ...other, adapter }]]) };
  await startAnew(simulator);
  const row = await exchange(cutting, other.code, withinMs, { kind: 'full' });
  const stream = await findStream(gateway.db.sql, other.code, 'out');
  const { sequence = 0 } = stream?.position ?? {};
  if (row === undefined) throw new GatewayError('E_INTERNAL', 'a whole list has a message');
  const finding = await applied(stage, `the last of ${sequence} parts`, sentOf(stage, row));
  if (sequence < 2) return { ...finding, skipped: `the list has no more than ${smallPart} operators` };
  return both(finding, await goodAgain(stage));
}

/** The sender forgot its last list, as after a restore from a backup; it finds out and begins a new epoch. */
async function restored(stage: Stage): Promise<Finding> {
  const { simulator } = stage;
  const list = await nextList(simulator);
  const forgotten = await usual(stage);
  const again = await forged(simulator, { ...list, id: simulator.gateway.newId() });
  const answer = await simulator.hand(again);
  const ending = endingOf(answer);
  const known = await findMessage(simulator.gateway.db.sql, forgotten.id);
  await startAnew(simulator);
  return both(
    {
      evidence: [
        evidenceOf('the list that is forgotten', sentOf(stage, known ?? forgotten)),
        evidenceOf('its number again, with other content', { ...again, answer }),
      ],
      complaints:
        ending === 'E_SEQUENCE_ROLLBACK' || ending === 'E_SEQUENCE_FORK'
          ? []
          : [`a number used twice ended as ${ending ?? 'nothing'}`],
    },
    await goodAgain(stage),
  );
}

const plain = (id: string, name: string, run: Scenario['run'], needs: Scenario['needs'] = []): Scenario => ({
  id,
  name,
  needs,
  run,
});

/** By what they show; scenarios.ts numbers them. */
export const listScenarios = {
  first: (id: string): Scenario => ({ ...plain(id, 'first whole list', firstList), first: true }),
  suspension: (id: string) => plain(id, 'a change of one operator', suspension),
  renewal: (id: string) => plain(id, 'a list that says that nothing changed', renewal),
  twiceAtOnce: (id: string) => plain(id, 'the same message twice in one moment: one receipt', twiceAtOnce),
  scripts: (id: string) => plain(id, 'a name in five scripts', scripts),
  rollover: (id: string) => plain(id, 'their key changes over, the old one still counts', rollover),
  clockAhead: (id: string) => plain(id, 'a clock four minutes ahead is borne', clockAhead),
  parts: (id: string) => plain(id, 'a whole list in parts', parts, ['parts']),
  restored: (id: string) => plain(id, 'the sender restored from a backup begins a new epoch', restored),
};
