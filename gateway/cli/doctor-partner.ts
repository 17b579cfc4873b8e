/** What `mra doctor` examines of one partner: its certificates, the messages that wait for it, and what came from it. */

import { bestEvidence, isWeak } from '../adapter/conversation/evidence.ts';
import { fileTransport } from '../app/file-partners.ts';
import { certificatesIn } from '../app/partners.ts';
import type { Partner } from '../gateway.ts';
import { isFullListDue } from '../outbound/full-list-due.ts';
import { momentOf } from '../model/day.ts';
import { asGatewayError } from '../model/errors.ts';
import { heldMessages } from '../store/inbox.ts';
import { listMessages, openMessagesTo } from '../store/message-list.ts';
import { isUnsigned } from '../model/message.ts';
import { scheduledList } from '../outbound/scheduled-lists.ts';
import { unacknowledgedRestrictions } from '../outbound/unacknowledged.ts';
import { findStream, listInForce } from '../store/streams.ts';
import type { OpenGateway } from './context.ts';
import { dayMs, examineEnd, fail, ok, warn, type Finding } from './finding.ts';

/** A message that waits longer is not on its way any more. */
const waitingMs = 15 * 60 * 1000;
const refusedWithinDays = 7;

export async function examinePartner(gateway: OpenGateway, partner: Partner): Promise<readonly Finding[]> {
  return [
    await examineList(gateway, partner),
    ...examineCertificates(gateway, partner),
    ...examineEvidence(partner),
    await examineSchedule(gateway, partner),
    ...(await examineRestrictions(gateway, partner)),
    ...(await examineFiles(gateway, partner)),
    ...(await examineOutbox(gateway, partner)),
    ...(await examineInbox(gateway, partner)),
  ];
}

async function examineList({ db, now }: OpenGateway, { code, adapter, trust }: Partner): Promise<Finding> {
  const check = `partner ${code}`;
  if (!isUnsigned(trust) && trust.certificates.length === 0)
    return warn(
      check,
      'no signing certificate is registered: messages of this partner are rejected',
      `Put it under certs/ and name it at partners.${code}.certificates.signing.`,
    );
  const out = await findStream(db.sql, code, 'out');
  if (out?.resyncWanted === true)
    return warn(check, 'the partner rejected the last list', `mra list send ${code} --full`);
  if (await isFullListDue({ db, now }, { code, adapter }))
    return warn(check, 'a full list is due by what was agreed', `mra list send ${code} --full`);
  const list = await listInForce(db.sql, code);
  if (list === undefined) return warn(check, 'no list received yet', 'Ask the partner for its full list.');
  const hours = (ms: number): string => `${Math.round(ms / 3_600_000)} h`;
  const ageMs = now().getTime() - Date.parse(list.issuedAt);
  const limitMs = adapter.arrangement.maxAgeSeconds * 1000;
  const detail = `list ${list.number} is ${hours(ageMs)} old, the limit is ${hours(limitMs)}`;
  if (ageMs <= limitMs) return ok(check, detail);
  return fail(check, detail, 'Ask the partner for its newest list; until then answers are undetermined.');
}

/** Each certificate of the partner. An old one beside its successor only warns: it is taken out once both sides use the new one. */
function examineCertificates({ config, now }: OpenGateway, { code }: Partner): readonly Finding[] {
  const { signing, tls, anchors } = config.partners[code]?.certificates ?? { signing: [], tls: [], anchors: [] };
  return Object.entries({ signing, tls, anchors }).flatMap(([use, files]) => {
    const check = `partner ${code}, ${use} certificate`;
    const fix = `Ask the partner for its new certificate, compare fingerprints, and name it at partners.${code}.certificates.${use}.`;
    try {
      const found = certificatesIn(files).map(({ validToDate }) => examineEnd(check, validToDate, now(), fix));
      const replaced = found.some(({ result }) => result === 'ok');
      return found.map((each) => (each.result === 'fail' && replaced ? warn(check, each.detail, fix) : each));
    } catch (error) {
      const { code: reason, detail } = asGatewayError(error);
      return [fail(check, `${reason}: ${detail}`, fix)];
    }
  });
}

function examineEvidence({ code, adapter }: Partner): readonly Finding[] {
  const evidence = bestEvidence(adapter.exchange, adapter.transport);
  if (!isWeak(evidence)) return [];
  const fix = 'Ask the partner for acknowledgements, and describe them at conversation.send.answers of its adapter.';
  return [warn(`partner ${code}, evidence`, `the best evidence of its answers is ${evidence}`, fix)];
}

/** What keeps a list in the outbox is found there. */
async function examineSchedule(gateway: OpenGateway, { code }: Partner): Promise<Finding> {
  const check = `partner ${code}, schedule`;
  const { next, waits } = await scheduledList(gateway, code);
  if (next === undefined)
    return waits === 'by_file'
      ? warn(check, 'no list was sent yet', `mra list send ${code} --out FILE`)
      : warn(check, 'no list was sent yet', `A person decides about the first one: mra list send ${code}`);
  const lateMs = gateway.now().getTime() - Date.parse(next.at);
  const detail = `${next.cause}, due ${next.at}`;
  if (waits === 'by_file' && lateMs > 0) return warn(check, detail, `mra list send ${code} --out FILE`);
  if (waits !== undefined) return ok(check, `${detail}; ${waits}`);
  if (lateMs < waitingMs) return ok(check, detail);
  return fail(check, `${detail}, and nothing was sent`, `mra serve sends it; its log says why it could not.`);
}

const shownCodes = 5;

/** A partner that has not learned of a suspension still grants benefits. */
async function examineRestrictions(gateway: OpenGateway, { code }: Partner): Promise<readonly Finding[]> {
  const open = await unacknowledgedRestrictions(gateway, code, 100);
  const [oldest] = open;
  if (oldest === undefined) return [];
  const late = gateway.now().getTime() - Date.parse(oldest.since) > dayMs;
  const codes = open.slice(0, shownCodes).map((each) => each.code);
  const others = open.length > shownCodes ? ` and ${open.length - shownCodes} others` : '';
  const detail = `not acknowledged: the restriction of ${codes.join(', ')}${others}, the oldest since ${oldest.since}`;
  const fix = `mra schedule ${code}, and call the partner if its customs officers must know at once.`;
  return [(late ? fail : warn)(`partner ${code}, restrictions`, detail, fix)];
}

/** Reads the folders, as mra serve does; nothing in them is changed. */
async function examineFiles({ config, home }: OpenGateway, { code, adapter }: Partner): Promise<readonly Finding[]> {
  const check = `partner ${code}, files`;
  const settings = config.partners[code];
  const kind = settings?.transport ?? adapter.transport;
  if (settings === undefined || (kind !== 'sftp' && kind !== 'folder')) return [];
  const fix = `Correct partners.${code} in the settings, or the rights of the account. Messages wait in the outbox.`;
  try {
    const transport = fileTransport({ code, settings, config, home }, adapter, kind);
    if (transport === undefined) return [warn(check, 'no folders are named', `Name them at partners.${code}.folders.`)];
    const fault = await transport.files?.examine();
    await transport.close();
    return [fault === undefined ? ok(check, 'the folders can be read') : fail(check, fault, fix)];
  } catch (error) {
    const { code: reason, detail } = asGatewayError(error);
    return [fail(check, `${reason}: ${detail}`, fix)];
  }
}

async function examineOutbox({ db, now }: OpenGateway, { code }: Partner): Promise<readonly Finding[]> {
  const check = `partner ${code}, outbox`;
  const open = await openMessagesTo(db.sql, code, momentOf(now()));
  const findings: Finding[] = [];
  if (open.held > 0)
    findings.push(
      fail(
        check,
        `${open.held} messages are not sent until a person acts (${open.holdReason ?? ''})`,
        `mra message list --partner ${code}, then mra explain ${open.holdReason ?? ''}`,
      ),
    );
  const late = open.oldest !== undefined && now().getTime() - Date.parse(open.oldest) > waitingMs;
  if (late || open.tried > 0) {
    const last = open.evidence === undefined ? '' : ` (${open.evidence})`;
    const detail = `${open.waiting} messages wait, the oldest since ${open.oldest ?? ''}; ${open.tried} could not be delivered so far${last}`;
    const fix = `mra message list --partner ${code} shows them; mra serve sends them, mra list send ${code} --out FILE writes them.`;
    findings.push((late ? fail : warn)(check, detail, fix));
  }
  if (open.overdue > 0)
    findings.push(
      warn(
        check,
        `${open.overdue} messages were handed over and have no answer in time`,
        'Ask the partner; mra message list names them. Unless otherwise agreed the same bytes are sent again by themselves.',
      ),
    );
  if (open.abandoned > 0)
    findings.push(
      warn(check, `${open.abandoned} messages are claimed by a sender that has ended`, 'mra serve takes them over.'),
    );
  return findings.length > 0 ? findings : [ok(check, `${open.waiting} messages wait`)];
}

async function examineInbox({ db, now }: OpenGateway, { code }: Partner): Promise<readonly Finding[]> {
  const check = `partner ${code}, inbox`;
  const held = await heldMessages(db.sql, code);
  const [oldest] = held;
  const refused = await listMessages(db.sql, { partner: code, direction: 'in', state: 'REJECTED', limit: 100 });
  const recent = refused.filter(({ at }) => now().getTime() - Date.parse(at) < refusedWithinDays * dayMs);
  const [newest] = recent;
  return [
    ...(oldest === undefined
      ? []
      : [
          warn(
            check,
            `${held.length} lists wait for two people, the oldest since ${oldest.receivedAt}`,
            `mra list show ${code}`,
          ),
        ]),
    ...(newest === undefined
      ? []
      : [
          warn(
            check,
            `${recent.length} messages were rejected in ${refusedWithinDays} days, the last with ${newest.detail ?? 'no code'}`,
            `mra message show ${newest.id ?? newest.digest}, and tell the partner`,
          ),
        ]),
    ...(oldest === undefined && newest === undefined ? [ok(check, 'nothing held, nothing rejected lately')] : []),
  ];
}
