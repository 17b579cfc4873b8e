/** The report of a conformance run as data and as an HTML page without scripts, and the signature over its bytes. */

import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { programFolder } from '../app/config.ts';
import { GatewayError } from '../model/errors.ts';
import type { Moment } from '../model/record/record.ts';
import { parseStrictJson } from '../wire/files/json.ts';
import { readJws, signJws, verifiedPayload } from '../wire/signature/jws.ts';
import type { Signer } from '../wire/signature/profile.ts';
import type { Evidence, ScenarioResult, ScenarioVerdict } from './scenario.ts';
import { escapedMarkup } from '../model/shown-text.ts';

export const reportKind = 'mra-conformance-1';

export interface ConformanceReport {
  readonly report: typeof reportKind;
  /** The partner whose adapter was run, and the administration at home. */
  readonly partner: string;
  readonly home: string;
  /** SHA-256 over the adapter's folder: the run speaks about these files only. */
  readonly adapterDigest: string;
  readonly played: 'partner' | 'home';
  /** Where the other side was: in the same process, or at an address. */
  readonly against: string;
  /** How lists went: https, amqp, https-pull. */
  readonly transport: string;
  readonly seed: number;
  readonly operators: number;
  readonly at: Moment;
  readonly milliseconds: number;
  readonly summary: Readonly<Record<ScenarioVerdict, number>>;
  readonly scenarios: readonly ScenarioResult[];
}

/** The report as it is written and signed: these very bytes. */
export function reportBytes(report: ConformanceReport): Uint8Array {
  return Buffer.from(`${JSON.stringify(report, null, 2)}\n`);
}

/** A report that was written earlier; E_FILE_STRUCTURE when it is no such report. */
export function readReport(bytes: Uint8Array, at: string): ConformanceReport {
  const value = parseStrictJson(bytes);
  const known = typeof value === 'object' && value !== null && 'report' in value && value.report === reportKind;
  if (known && 'scenarios' in value && Array.isArray(value.scenarios)) return value as unknown as ConformanceReport;
  throw new GatewayError('E_FILE_STRUCTURE', 'the file is not the report of a conformance run', {
    at,
    fix: 'Name a file that mra conformance run wrote.',
  });
}

/** Reports are signed with the elliptic key, whatever partners agreed for their messages. */
export const reportAlgorithm = 'ecdsa-p256-sha256';
const reportType = 'vnd.mra.conformance+json';

/** A JWS with its content detached (RFC 7515, appendix F): the report stays a file that anybody can read. */
export async function signReport(bytes: Uint8Array, signer: Signer): Promise<string> {
  const whole = Buffer.from(await signJws(bytes, reportType, signer)).toString('latin1');
  const [header = '', , signature = ''] = whole.split('.');
  return `${header}..${signature}`;
}

/**
 * The certificate under whose key the report was signed. E_SIGNER_UNKNOWN when it is none of these, E_SIGNATURE_INVALID when
 * a byte of the report differs from what was signed, E_SIGNATURE_PROFILE when the signature is not one over a report.
 */
export async function verifyReport(
  bytes: Uint8Array,
  signature: string,
  certificates: readonly X509Certificate[],
): Promise<X509Certificate> {
  const [header = '', content, value = '', ...more] = signature.trim().split('.');
  if (content !== '' || more.length > 0)
    throw new GatewayError('E_SIGNATURE_PROFILE', 'the signature is not a JWS with detached content');
  const whole = `${header}.${Buffer.from(bytes).toString('base64url')}.${value}`;
  const stated = readJws(Buffer.from(whole), { algorithm: reportAlgorithm });
  if (stated.type !== reportType) throw new GatewayError('E_SIGNATURE_PROFILE', 'the signature is not over a report');
  const signer = certificates.find((certificate) => stated.names?.(certificate) === true);
  if (signer === undefined) {
    throw new GatewayError('E_SIGNER_UNKNOWN', 'the report was signed with a key that is not known here', {
      fix: 'Give the certificate of the signer: --certificate FILE.',
    });
  }
  await verifiedPayload(stated, signer.publicKey, reportAlgorithm);
  return signer;
}

export function reportPage(report: ConformanceReport): string {
  const { partner, summary, scenarios } = report;
  const parts: Readonly<Record<string, string>> = {
    title: escapedMarkup(`Conformance of ${partner}`),
    counts: `${summary.pass} passed, ${summary.fail} failed, ${summary.skip} skipped with reason.`,
    facts: facts(report),
    scenarios: scenarios.map(row).join('\n'),
  };
  const template = readFileSync(join(programFolder, 'schemas', 'conformance-report.html'), 'utf8');
  return template.replaceAll(/\{(\w+)\}/gu, (hole, name: string) => parts[name] ?? hole);
}

function facts(report: ConformanceReport): string {
  const { partner, home, played, against, transport, at, seed, operators, adapterDigest } = report;
  const rows = Object.entries({
    'Home and partner': `${home} and ${partner}`,
    'Simulated side': played === 'partner' ? partner : home,
    'Other side': against,
    Transport: transport,
    Time: at,
    'Seed and operators': `${seed}, ${operators}`,
    'Digest of the adapter': adapterDigest,
  }).map(([name, value]) => `<tr><th scope="row">${name}</th><td><code>${escapedMarkup(value)}</code></td></tr>`);
  return rows.join('\n');
}

function row({ id, name, shows, verdict, reason, milliseconds, evidence }: ScenarioResult): string {
  const why = reason === undefined ? '' : `<br>${escapedMarkup(reason)}`;
  const items = `<details><summary>Evidence</summary><ul>${evidence.map(item).join('')}</ul></details>`;
  return (
    `<tr><th scope="row" class="${verdict}">${escapedMarkup(id)}</th><td>${escapedMarkup(name)}<br><small>${escapedMarkup(shows)}</small>${evidence.length === 0 ? '' : items}</td>` +
    `<td>${verdict}${why}</td><td class="time">${milliseconds}</td></tr>`
  );
}

function item({ what, message, digest, ending, receipt, receiptDigest }: Evidence): string {
  const parts = Object.entries({
    result: ending,
    message,
    'SHA-256': digest,
    receipt,
    'receipt SHA-256': receiptDigest,
  });
  const shown = parts.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} <code>${escapedMarkup(value)}</code>`],
  );
  return `<li>${[escapedMarkup(what), ...shown].join('; ')}</li>`;
}
