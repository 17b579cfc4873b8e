/** What is examined of one partner: its list, its certificates, the messages that wait for it, and what came from it. */

import { bestEvidence, isWeak } from '../../adapter/conversation/evidence.ts';
import type { Partner } from '../../gateway.ts';
import { asGatewayError } from '../../model/errors.ts';
import { isUnsigned } from '../../model/message.ts';
import { isAccepted } from '../../model/partner-key.ts';
import { fingerprint } from '../../wire/signature/certificates.ts';
import { isFullListDue } from '../../outbound/full-list-due.ts';
import { scheduledList } from '../../outbound/scheduled-lists.ts';
import { unacknowledgedRestrictions } from '../../outbound/unacknowledged.ts';
import { lastOlder, listsWait } from '../../store/older-store.ts';
import { listInForce, newestListDates, sendingProgress } from '../../store/streams.ts';
import type { OpenGateway } from '../composition.ts';
import { fileTransport } from '../file-partners.ts';
import { certificatesIn } from '../certificate-files.ts';
import { causeOfFailure } from './causes.ts';
import { examineConnection } from './connection-checks.ts';
import { examineNumbers } from './number-checks.ts';
import { examineNewKeys, examineRevocation } from './key-checks.ts';
import { dayMs, examineEnd, fail, ok, warn, type Finding } from './finding.ts';
import { measure, seconds } from './measures.ts';
import { examineInbox, examineOutbox, waitingMs } from './message-checks.ts';

export async function examinePartner(gateway: OpenGateway, partner: Partner): Promise<readonly Finding[]> {
  const findings = [
    await examineList(gateway, partner),
    ...examineCertificates(gateway, partner),
    ...(await examineNewKeys(gateway, partner)),
    ...(await examineRevocation(gateway, partner)),
    ...examineEvidence(partner),
    ...(await examineSchedule(gateway, partner)),
    ...(await examineRestrictions(gateway, partner)),
    ...(await examineNumbers(gateway, partner)),
    ...(await examineFiles(gateway, partner)),
    ...(await examineConnection(gateway, partner)),
    ...(await examineOutbox(gateway, partner)),
    ...(await examineInbox(gateway, partner)),
  ];
  return findings.map((finding) => ({ ...finding, partners: [partner.code] }));
}

/** A list that is due for longer is late. */
const silenceMs = waitingMs;

async function examineList({ db, now }: OpenGateway, { code, adapter, trust, byFile }: Partner): Promise<Finding> {
  const check = `partner ${code}`;
  const list = await listInForce(db.sql, code);
  const sendsNone = adapter.memorandum !== undefined;
  const [held, sent] = [await newestListDates(db.sql, code, 'in'), await newestListDates(db.sql, code, 'out')];
  const staleAt = list === undefined ? NaN : Date.parse(list.issuedAt) + adapter.arrangement.maxAgeSeconds * 1000;
  const measures = [
    ...Object.entries({ in: held, out: sent }).flatMap(([direction, dates]) =>
      dates === undefined
        ? []
        : [
            measure('mra_list_issued_timestamp_seconds', { partner: code, direction }, seconds(dates.issuedAt)),
            measure('mra_list_due_timestamp_seconds', { partner: code, direction }, seconds(dates.nextBy)),
          ],
    ),
    ...(list === undefined ? [] : [measure('mra_list_stale_timestamp_seconds', { partner: code }, staleAt / 1000)]),
  ];
  const found = (): Finding => {
    if (sendsNone) return ok(check, 'an agency at home, which sends no lists');
    if (!isUnsigned(trust) && trust.certificates.length === 0)
      return warn(
        check,
        'no signing certificate is registered: messages of this partner are rejected',
        `Put it under certs/ and name it at partners.${code}.certificates.signing.`,
        byFile ? undefined : 'certificate_missing',
      );
    if (list === undefined || held === undefined)
      return warn(check, 'no list received yet', 'Ask the partner for its full list.');
    const time = now().getTime();
    const hours = (ms: number): string => `${Math.round(ms / 3_600_000)} h`;
    const limitMs = adapter.arrangement.maxAgeSeconds * 1000;
    const detail = `list ${list.number} is ${hours(time - Date.parse(list.issuedAt))} old, the limit is ${hours(limitMs)}`;
    const asks = 'Ask the partner for its newest list';
    if (time > staleAt) return fail(check, detail, `${asks}; until then answers are undetermined.`, 'list_stale');
    if (time - Date.parse(held.nextBy) > silenceMs && !list.newerHeld)
      return warn(check, `${detail}; the next one was due ${held.nextBy}, and nothing came`, `${asks}.`, 'list_due');
    return ok(check, detail);
  };
  return { ...found(), measures };
}

/** Each certificate of the partner. An old one beside its successor only warns: it is taken out once both sides use the new one. */
function examineCertificates({ config, now }: OpenGateway, { code }: Partner): readonly Finding[] {
  const { signing = [], tls = [], anchors = [], periods } = config.partners[code]?.certificates ?? {};
  return Object.entries({ signing, tls, anchors }).flatMap(([use, files]) => {
    const check = `partner ${code}, ${use} certificate`;
    const fix = `Ask the partner for its new certificate, compare fingerprints, and name it at partners.${code}.certificates.${use}.`;
    const terms = {
      ...{ check, fix, causes: ['certificate_expiring', 'certificate_expired'] as const },
      measure: (at: number) => measure('mra_certificate_expiry_timestamp_seconds', { partner: code, use }, at),
    };
    try {
      const used = certificatesIn(files).filter((each) => isAccepted(periods?.[fingerprint(each)], now()));
      const found = used.map(({ validToDate }) => examineEnd(terms, validToDate, now()));
      const replaced = found.some(({ result }) => result === 'ok');
      return found.map((each) => {
        if (!replaced || each.result === 'ok') return each;
        return { ...warn(check, each.detail, fix), measures: each.measures ?? [] };
      });
    } catch (error) {
      const { code: reason, detail } = asGatewayError(error);
      return [fail(check, `${reason}: ${detail}`, fix, 'certificate_unreadable')];
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
async function examineSchedule(gateway: OpenGateway, { code, adapter }: Partner): Promise<readonly Finding[]> {
  const check = `partner ${code}, schedule`;
  const { db, now } = gateway;
  const full = `mra list send ${code} --full`;
  const resume = 'Repeat what was lost: store, age says since when. Then mra list resume --as NAME.';
  // Without an alarm of its own: that of the store is open.
  if (adapter.memorandum === undefined && (await listsWait(db.sql)))
    return [warn(check, 'the store is older than what was sent: no list goes', resume)];
  const sent = await sendingProgress(db.sql, code);
  if (sent?.resyncWanted === true) {
    const older = await lastOlder(db.sql);
    return older !== undefined && older.at > sent.last.issuedAt
      ? [warn(check, 'the store was older than what was sent: a full list is due', full, 'list_not_sent')]
      : [warn(check, 'the partner rejected the last list', full, 'list_rejected')];
  }
  if (await isFullListDue({ db, now }, { code, adapter }))
    return [warn(check, 'a full list is due by what was agreed', full, 'list_not_sent')];
  const { next, waits } = await scheduledList(gateway, code);
  if (next === undefined)
    return waits === 'by_file'
      ? [warn(check, 'no list was sent yet', `mra list send ${code} --out FILE`)]
      : [warn(check, 'no list was sent yet', `A person decides about the first one: mra list send ${code}`)];
  const lateMs = now().getTime() - Date.parse(next.at);
  const detail = `${next.cause}, due ${next.at}`;
  if (waits === 'by_file' && lateMs > 0)
    return [warn(check, detail, `mra list send ${code} --out FILE`, 'list_by_file')];
  if (waits !== undefined) return [ok(check, `${detail}; ${waits}`)];
  if (lateMs < waitingMs) return [ok(check, detail)];
  const fix = 'mra serve sends it; its log says why it could not.';
  return [fail(check, `${detail}, and nothing was sent`, fix, 'list_not_sent')];
}

const shownCodes = 5;

/** A partner that has not learned of a suspension still grants benefits. */
async function examineRestrictions(gateway: OpenGateway, { code }: Partner): Promise<readonly Finding[]> {
  const open = await unacknowledgedRestrictions(gateway, code, 100);
  const [oldest] = open;
  const check = `partner ${code}, restrictions`;
  const measures = [measure('mra_restrictions_unacknowledged', { partner: code }, open.length)];
  if (oldest === undefined) return [{ ...ok(check, 'all are acknowledged'), measures }];
  const late = gateway.now().getTime() - Date.parse(oldest.since) > dayMs;
  const codes = open.slice(0, shownCodes).map((each) => each.code);
  const others = open.length > shownCodes ? ` and ${open.length - shownCodes} others` : '';
  const detail = `${open.length} restrictions are not acknowledged, the oldest since ${oldest.since}`;
  // Details of alarms are logged; codes of operators are not.
  const fix = `mra schedule ${code}, and call the partner if it must know at once, about ${codes.join(', ')}${others}.`;
  return [{ ...(late ? fail(check, detail, fix, 'restriction_unacknowledged') : warn(check, detail, fix)), measures }];
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
    return [
      fault === undefined ? ok(check, 'the folders can be read') : fail(check, fault, fix, causeOfFailure(fault)),
    ];
  } catch (error) {
    const { code: reason, detail } = asGatewayError(error);
    return [fail(check, `${reason}: ${detail}`, fix, 'settings_faulty')];
  }
}
