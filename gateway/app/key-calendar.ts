/** When keys and certificates of both sides end or change: what `mra key calendar` shows, and what is checked every day. */

import type { X509Certificate } from 'node:crypto';
import type { OpenGateway } from './composition.ts';
import { namedBrokers } from './brokers.ts';
import { readableCertificates } from './certificate-files.ts';
import { later } from '../model/day.ts';
import type { KeyUse } from '../model/partner-key.ts';
import type { Moment } from '../model/record/record.ts';
import { partnerKeys, type PartnerKey } from '../store/partner-keys.ts';
import { writeCalendar } from '../wire/files/icalendar.ts';
import { fingerprint } from '../wire/signature/certificates.ts';

/** Published. `replaced`: the key before counts no more. */
export type KeyChange = 'expires' | 'begins' | 'replaced' | 'list_outdated';

export interface KeyDate {
  readonly at: Moment;
  readonly side: 'ours' | 'theirs';
  /** Absent: for all partners. */
  readonly partner?: string;
  /** `broker`: our certificate at a broker. */
  readonly use: KeyUse | 'authority' | 'broker' | 'revocation';
  readonly change: KeyChange;
  readonly key: string;
  readonly fingerprint?: string;
  /** Of a new key of ours. */
  readonly state?: PartnerKey['state'];
}

/** All dates from `from` to `until`, and of what has ended before, in their order. Certificates that cannot be read are left out: the doctor names them. */
export async function keyCalendar(gateway: OpenGateway, until: Moment): Promise<readonly KeyDate[]> {
  const keys = await partnerKeys(gateway.db.sql);
  const dates = [...ourDates(gateway, keys), ...theirDates(gateway), ...brokerDates(gateway)];
  return dates.filter(({ at }) => at <= until).toSorted((a, b) => (a.at < b.at ? -1 : 1));
}

function expiry(certificate: X509Certificate): Pick<KeyDate, 'at' | 'change' | 'key' | 'fingerprint'> {
  const key = certificate.subject.replaceAll('\n', ', ');
  return { at: certificate.validToDate.toISOString(), change: 'expires', key, fingerprint: fingerprint(certificate) };
}

function ourDates({ keyring, partners }: OpenGateway, keys: readonly PartnerKey[]): KeyDate[] {
  const usesOf: Readonly<Record<string, KeyDate['use']>> = { ca: 'authority', tls: 'tls', 'tls-next': 'tls' };
  const begins = readableCertificates(keyring.nextTls === undefined ? [] : [keyring.nextTls.cert]).map(
    (certificate): KeyDate => {
      const at = keyring.nextTls?.from ?? '';
      return { ...expiry(certificate), at, side: 'ours', use: 'tls', change: 'begins', key: 'tls-next' };
    },
  );
  const common = keyring.list().map(({ name, notAfter, fingerprint: print }): KeyDate => {
    return {
      at: notAfter,
      side: 'ours',
      use: usesOf[name] ?? 'signing',
      change: 'expires',
      key: name,
      fingerprint: print,
    };
  });
  const own = keys.filter(({ side, state }) => side === 'ours' && !['cancelled', 'replaced'].includes(state));
  const changing = own.flatMap(({ partner, use, certificate, state, fromAt, untilAt, replaces }): KeyDate[] => {
    if (!partners.has(partner)) return [];
    const about = { side: 'ours', partner, use, state } as const;
    return readableCertificates([certificate]).flatMap((read): KeyDate[] => {
      const { key, ...ends } = expiry(read);
      return [
        ...(fromAt === undefined
          ? []
          : [{ ...about, at: fromAt, change: 'begins' as const, key, fingerprint: ends.fingerprint ?? '' }]),
        ...(untilAt === undefined
          ? []
          : [{ ...about, at: untilAt, change: 'replaced' as const, key, fingerprint: replaces ?? '' }]),
        { ...about, ...ends, key },
      ];
    });
  });
  return [...common, ...begins, ...changing];
}

function theirDates({ config, partners }: OpenGateway): KeyDate[] {
  return [...partners.keys()].flatMap((partner) => {
    const { signing = [], tls = [], anchors = [], periods = {} } = config.partners[partner]?.certificates ?? {};
    const uses: readonly (readonly [KeyUse, readonly string[]])[] = [
      ['signing', signing],
      ['tls', tls],
      ['anchor', anchors],
    ];
    return uses.flatMap(([use, files]) =>
      readableCertificates(files).flatMap((certificate): KeyDate[] => {
        const about = { side: 'theirs', partner, use } as const;
        const ends = expiry(certificate);
        const { from, until, revoked } = periods[fingerprint(certificate)] ?? {};
        if (revoked !== undefined) return [];
        return [
          ...(from === undefined ? [] : [{ ...about, ...ends, at: from, change: 'begins' as const }]),
          ...(until === undefined ? [] : [{ ...about, ...ends, at: until, change: 'replaced' as const }]),
          { ...about, ...ends },
        ];
      }),
    );
  });
}

function brokerDates({ config }: OpenGateway): KeyDate[] {
  return [...namedBrokers(config)].flatMap(([name, { tls }]) =>
    readableCertificates(tls?.cert === undefined ? [] : [tls.cert]).map((certificate): KeyDate => {
      const { key, ...ends } = expiry(certificate);
      return { side: 'ours', use: 'broker', ...ends, key: name === '' ? key : name };
    }),
  );
}

/** So many months of average length later. */
export function monthsLater(at: Moment, months: number): Moment {
  return later(at, Math.round(months * 30.44 * 24 * 3600));
}

/** The dates as a calendar file (iCalendar), with a reminder 30 days before each. */
export function calendarFile(dates: readonly KeyDate[], now: Moment): string {
  return writeCalendar(dates.map(eventOf), now, 30);
}

function eventOf({ at, side, partner = 'all partners', use, change, key, fingerprint = '' }: KeyDate) {
  const what = {
    expires: 'expires',
    begins: 'begins to count',
    replaced: 'counts no more',
    list_outdated: 'is outdated',
  }[change];
  const whose = side === 'ours' ? `Our ${use} key for ${partner}` : `The ${use} certificate of ${partner}`;
  return {
    id: `${change}-${fingerprint.slice(0, 32)}-${partner.replaceAll(' ', '-')}`,
    at,
    title: `${whose} ${what}`,
    text: `${key}\n${fingerprint}`,
  };
}
