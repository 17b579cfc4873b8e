/** Lists of revoked certificates of partners: read from files, fetched from addresses of the settings, and kept in the store for all gateways on it. */

import type { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { certificatesIn } from './certificate-files.ts';
import type { PartnerConfig } from './config.ts';
import { later, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { Moment } from '../model/record/record.ts';
import type { Database } from '../store/database.ts';
import { askRevocationList, keepRevocationList, revocationLists } from '../store/revocation-lists.ts';
import { faultFields, type Log } from '../wire/log.ts';
import {
  mostListBytes,
  readRevocationList,
  type RevocationList,
  type RevocationTerms,
} from '../wire/signature/revocation.ts';

type Certificates = PartnerConfig['certificates'];

/** A list of the settings, or why it cannot be used. */
type FoundList =
  { readonly source: string; readonly list: RevocationList } | { readonly source: string; readonly fault: string };

/** Undefined where no lists are asked. Lists that cannot be used count as missing: then the certificates are `unknown`. */
export function revocationTerms(certificates: Certificates): RevocationTerms | undefined {
  const { revocation } = certificates;
  if (revocation === undefined) return undefined;
  const { unknown, graceHours } = revocation;
  const lists = foundLists(certificates).flatMap((found) => ('list' in found ? [found.list] : []));
  return { lists, unknown, graceSeconds: graceHours * 3600, authorities: authoritiesOf(certificates) };
}

export function foundLists(certificates: Certificates): readonly FoundList[] {
  const { files = [], fetched = [] } = certificates.revocation ?? {};
  const authorities = authoritiesOf(certificates);
  const read = (source: string, bytes: Uint8Array): FoundList => {
    try {
      return { source, list: readRevocationList(bytes, authorities) };
    } catch (error) {
      return { source, fault: error instanceof GatewayError ? error.detail : 'it cannot be read' };
    }
  };
  return [
    ...files.map((file) =>
      existsSync(file) ? read(file, readFileSync(file)) : { source: file, fault: 'the file does not exist' },
    ),
    ...fetched.map((text, i) => read(`fetched list ${i + 1}`, Buffer.from(text, 'base64'))),
  ];
}

function authoritiesOf({ anchors }: Certificates): readonly X509Certificate[] {
  return certificatesIn(anchors);
}

/** Between two questions for a list. */
const fetchSeconds = 3600;
const fetchMs = 10_000;

interface Fetching {
  readonly db: Database;
  readonly log: Log;
  now(): Date;
}

/**
 * Fetches the lists that are due, each by one gateway of a store. One that cannot be used, or is older than the one kept, is not kept.
 * Never rejects for a list.
 */
export async function fetchRevocationLists(
  { db, log, now }: Fetching,
  partners: Readonly<Record<string, PartnerConfig>>,
): Promise<void> {
  for (const [partner, { certificates }] of Object.entries(partners))
    for (const source of certificates.revocation?.urls ?? []) {
      const at = momentOf(now());
      if (!(await db.transaction((tx) => askRevocationList(tx, source, at, later(at, -fetchSeconds))))) continue;
      const kept = (await revocationLists(db.sql)).find((each) => each.source === source)?.list;
      const result = await fetchOne(source, authoritiesOf(certificates), kept).catch((error: unknown) => {
        log.warn('revocation list not fetched', { partner, ...faultFields(error) });
        return { fault: error instanceof GatewayError ? error.detail : 'no answer' };
      });
      await db.transaction((tx) => keepRevocationList(tx, source, result, at));
    }
}

async function fetchOne(
  source: string,
  authorities: readonly X509Certificate[],
  kept: string | undefined,
): Promise<{ readonly list: string }> {
  const bytes = await download(source);
  const { thisUpdate } = readRevocationList(bytes, authorities);
  if (kept !== undefined && isOlder(thisUpdate, kept, authorities))
    throw new GatewayError('E_TRUST_UNCHECKED', 'the revocation list is older than the one kept', {
      fix: 'Ask the authority.',
    });
  return { list: bytes.toString('base64') };
}

/** A list of an authority that was replaced does not hold back the new one. */
function isOlder(thisUpdate: Moment, kept: string, authorities: readonly X509Certificate[]): boolean {
  try {
    return thisUpdate < readRevocationList(Buffer.from(kept, 'base64'), authorities).thisUpdate;
  } catch {
    return false;
  }
}

/** At most `mostListBytes` within ten seconds, and from nowhere else. */
async function download(source: string): Promise<Buffer> {
  const response = await fetch(source, { redirect: 'error', signal: AbortSignal.timeout(fetchMs) });
  if (!response.ok || response.body === null)
    throw new GatewayError('E_TRUST_UNCHECKED', `the address of the revocation list answered ${response.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > mostListBytes)
      throw new GatewayError('E_TRUST_UNCHECKED', `the revocation list has over ${mostListBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
