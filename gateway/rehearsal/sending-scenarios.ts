/** Scenarios in which our own side sends and the simulated partner answers badly: the list arrives all the same, once. */

import { setTimeout as wait } from 'node:timers/promises';
import type { OpenGateway } from '../app/composition.ts';
import { deliverDue } from '../outbound/delivery.ts';
import { GatewayError } from '../model/errors.ts';
import { sendList, type BuiltList } from '../outbound/send-list.ts';
import { findInbox } from '../store/inbox.ts';
import { attemptsOf, findMessage, type MessageRow } from '../store/outbox.ts';
import type { Evidence, Finding, Scenario } from './scenario.ts';
import { settled } from './sending.ts';
import type { Manner } from './simulator.ts';
import { oursOf, type Stage } from './stage.ts';
import type { AnswerVice } from './fault.ts';
import { answerVices } from './answer-faults.ts';

/** Longer than any receipt is waited for and any attempt put off: the same bytes are due again. */
const laterMs = 70 * 60_000;
const lookMs = 25;

/** Our list under an answer that is as it should be. */
export function plainSending(id: string, name: string): Scenario {
  return {
    id,
    name,
    needs: ['our side'],
    async run(stage) {
      const { message } = await send(stage);
      const row = await settled(oursOf(stage), message.list.id, stage.withinMs);
      return { evidence: [seen(row, 'our list')], complaints: await complaintsOf(stage, row, message.sealed.digest) };
    },
  };
}

/** Our list while the partner has the vice of that name, and after. */
export function badAnswer(id: string, name: string, vice: string): Scenario {
  const found = answerVices.find((one) => one.name === vice);
  if (found === undefined) throw new RangeError(`no vice ${vice}`);
  return {
    id,
    name,
    needs: found.needsDoor ? ['our side', 'a door'] : ['our side'],
    run: (stage) => sendUnder(stage, found),
  };
}

async function send(stage: Stage): Promise<{ readonly message: BuiltList['messages'][number]; readonly code: string }> {
  const code = stage.simulator.gateway.home.country;
  const built = await sendList(oursOf(stage), code, { renew: true });
  const message = built?.messages.at(-1);
  if (message === undefined) throw new GatewayError('E_INTERNAL', 'a list that is renewed has a message');
  await deliverDue(oursOf(stage), code);
  return { message, code };
}

async function sendUnder(stage: Stage, vice: AnswerVice): Promise<Finding> {
  const { simulator, boundMs, withinMs } = stage;
  const ours = oursOf(stage);
  const met = Promise.withResolvers<undefined>();
  simulator.behave(telling(vice.manner(simulator, boundMs), () => met.resolve(undefined)));
  const { message, code } = await send(stage);
  await met.promise;
  const during = await findMessage(ours.db.sql, message.list.id);
  simulator.behave();
  const { id } = message.list;
  const row = await (vice.mendsItself === true ? settled(ours, id, withinMs) : arrived(ours, code, id, withinMs));
  const attempts = await attemptsOf(ours.db.sql, row.id);
  const how: Evidence = {
    what: `${attempts.length} attempts: ${attempts.map(({ evidence }) => evidence ?? '…').join(', ')}`,
  };
  return {
    evidence: [...(during === undefined ? [] : [seen(during, vice.words)]), how, seen(row, 'the same list afterwards')],
    complaints: await complaintsOf(stage, row, message.sealed.digest),
  };
}

/** The manner, and word of its first use. */
function telling({ door, receipt }: Manner, tell: () => void): Manner {
  return {
    ...(door === undefined
      ? {}
      : {
          door(...call) {
            tell();
            door(...call);
          },
        }),
    ...(receipt === undefined
      ? {}
      : {
          async receipt(raw, received) {
            const answer = await receipt(raw, received);
            if (received.receipt !== undefined) tell();
            return answer;
          },
        }),
  };
}

/** Lets the time until the next attempts pass at once, until the partner's receipt is held. */
async function arrived(ours: OpenGateway, code: string, id: string, withinMs: number): Promise<MessageRow> {
  const hurried = { ...ours, now: () => new Date(ours.now().getTime() + laterMs) };
  const deadline = performance.now() + withinMs;
  for (;;) {
    const row = await findMessage(ours.db.sql, id);
    if (row?.receiptDigest !== undefined) return row;
    if (performance.now() > deadline) {
      throw new GatewayError('E_DELIVERY_FAILED', 'our list was not sent again after the fault ended', { at: id });
    }
    await deliverDue(hurried, code);
    await wait(lookMs);
  }
}

/** Accepted, with the bytes it was sealed with, by the very receipt that the partner gave for them. */
async function complaintsOf(stage: Stage, row: MessageRow, digest: string): Promise<readonly string[]> {
  const { gateway, other } = stage.simulator;
  const taken = await findInbox(gateway.db.sql, { messageId: row.id, partner: other.code });
  return [
    ...(row.state === 'ACCEPTED' || row.state === 'PARTIAL'
      ? []
      : [`our list ended as ${row.verdictDetail ?? row.state}`]),
    ...(row.digest === digest ? [] : ['other bytes were sent under the same number']),
    ...(taken?.state === 'APPLIED' ? [] : ['the partner does not hold our list as applied']),
    ...(taken?.receiptDigest === row.receiptDigest ? [] : ['the receipt held is not the one the partner gave']),
  ];
}

function seen({ id, digest, state, verdictDetail, receiptDigest }: MessageRow, what: string): Evidence {
  return {
    what,
    message: id,
    digest,
    ending: verdictDetail ?? state,
    ...(receiptDigest === undefined ? {} : { receiptDigest }),
  };
}
