/** What is examined of the messages that are exchanged with one partner: those that wait, those that are held, those that were rejected. */

import type { Partner } from '../../gateway.ts';
import { later, momentOf } from '../../model/day.ts';
import { heldMessages } from '../../store/held-messages.ts';
import { rejectedSince } from '../../store/inbox.ts';
import { openMessagesTo, type OpenMessages } from '../../store/message-list.ts';
import type { Reader } from '../../store/database.ts';
import { sentLists } from '../../store/outbox.ts';
import { listInForce } from '../../store/streams.ts';
import type { OpenGateway } from '../composition.ts';
import { causeOfFailure, causeOfHold, causeOfRejection } from './causes.ts';
import { fail, ok, warn, type Finding } from './finding.ts';
import { measure, seconds, type Measure } from './measures.ts';

/** A message that waits longer is not on its way any more. */
export const waitingMs = 15 * 60 * 1000;
const refusedWithinDays = 7;
const newestLists = 50;
const daySeconds = 24 * 3600;

export async function examineOutbox({ db, now }: OpenGateway, { code }: Partner): Promise<readonly Finding[]> {
  const check = `partner ${code}, outbox`;
  const open = await openMessagesTo(db.sql, code, momentOf(now()));
  const late = open.oldest !== undefined && now().getTime() - Date.parse(open.oldest) > waitingMs;
  const findings: Finding[] = [];
  if (open.held > 0) {
    const { held, holdReason: reason = '', holdEvidence: evidence } = open;
    const detail = `messages not sent until a person acts: ${held} (${[reason, evidence ?? []].flat().join(', ')})`;
    const fix = `mra message list --partner ${code}, then mra explain ${reason}`;
    findings.push(fail(check, detail, fix, causeOfHold(reason, evidence)));
  }
  if (late || open.tried > 0) {
    const last = open.evidence === undefined ? '' : ` (${open.evidence})`;
    const detail = `messages that wait: ${open.waiting}, the oldest since ${open.oldest ?? ''}; tried without success so far: ${open.tried}${last}`;
    const fix = `mra message list --partner ${code} shows them; mra serve sends them, mra list send ${code} --out FILE writes them.`;
    const cause = open.tried > 0 ? causeOfFailure(open.evidence) : 'list_not_sent';
    findings.push((late ? fail : warn)(check, detail, fix, cause));
  }
  findings.push(...unanswered(check, open), ...(await examineRefused(db.sql, code)));
  const [first = ok(check, `messages that wait: ${open.waiting}`), ...others] = findings;
  return [{ ...first, measures: outboxMeasures(code, open) }, ...others];
}

/** The newest list that the partner settled: operators of it that it refused are not in its register. */
async function examineRefused(reader: Reader, partner: string): Promise<readonly Finding[]> {
  const newest = (await sentLists(reader, partner, newestLists)).find(
    ({ state }) => state === 'ACCEPTED' || state === 'PARTIAL',
  );
  if (newest?.state !== 'PARTIAL') return [];
  const detail = `the partner took list ${newest.message} and refused some of its operators`;
  const fix = `mra message show ${newest.message} names them; correct their records, and import them again.`;
  return [warn(`partner ${partner}, records`, detail, fix, 'records_refused')];
}

function unanswered(check: string, { overdue, abandoned }: OpenMessages): readonly Finding[] {
  const late = `messages handed over without an answer in time: ${overdue}`;
  const asks =
    'Ask the partner; mra message list names them. Unless otherwise agreed the same bytes are sent again by themselves.';
  const claimed = `messages claimed by a sender that has ended: ${abandoned}`;
  return [
    ...(overdue > 0 ? [warn(check, late, asks, 'no_answer')] : []),
    ...(abandoned > 0 ? [warn(check, claimed, 'mra serve takes them over.', 'lease_expired')] : []),
  ];
}

function outboxMeasures(partner: string, open: OpenMessages): readonly Measure[] {
  const { waiting, handedOver: handed_over, held, overdue, leased: active, abandoned: expired } = open;
  const states = Object.entries({ waiting, handed_over, held, overdue });
  const leases = Object.entries({ active, expired });
  return [
    ...states.map(([state, count]) => measure('mra_outbox_messages', { partner, state }, count)),
    ...leases.map(([state, count]) => measure('mra_outbox_leases', { partner, state }, count)),
    ...(open.oldest === undefined
      ? []
      : [measure('mra_outbox_oldest_timestamp_seconds', { partner }, seconds(open.oldest))]),
  ];
}

export async function examineInbox({ db, now }: OpenGateway, { code }: Partner): Promise<readonly Finding[]> {
  const check = `partner ${code}, inbox`;
  const held = await heldMessages(db.sql, code);
  const [oldest] = held;
  const { count, newest } = await rejectedSince(db.sql, code, later(momentOf(now()), -refusedWithinDays * daySeconds));
  const findings: Finding[] = [];
  if (oldest !== undefined) {
    const detail = `lists that wait for two people: ${held.length}, the oldest since ${oldest.receivedAt}`;
    findings.push(warn(check, detail, `mra list show ${code}`, 'list_held'));
  }
  const applied = await listInForce(db.sql, code);
  if (newest !== undefined) {
    const detail = `messages rejected in ${refusedWithinDays} days: ${count}, the last with ${newest.reason ?? 'no code'}`;
    const fix = `mra message show ${newest.messageId ?? newest.digest}, and tell the partner`;
    // A list that came after it shows that the partner mended the cause.
    const isMended = (applied?.receivedAt ?? '') > newest.receivedAt;
    findings.push(warn(check, detail, fix, isMended ? undefined : causeOfRejection(newest.reason)));
  }
  const [first = ok(check, 'nothing held, nothing rejected lately'), ...others] = findings;
  const measures = [
    measure('mra_inbox_held_lists', { partner: code }, held.length),
    measure('mra_inbox_rejected_messages', { partner: code }, count),
  ];
  return [{ ...first, measures }, ...others];
}
