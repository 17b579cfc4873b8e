/**
 * Takes partners, their certificates and our keys from the settings again while the gateway serves. What is taken out stops at once. A
 * partner whose new settings are faulty is stopped, because a certificate may have been taken out; the others are served as before.
 */

import { existsSync, readFileSync } from 'node:fs';
import type { Config } from './config.ts';
import { noCertificates, withoutTrust } from './partner-config.ts';
import { revocationTerms } from './revocation.ts';
import type { AccessSecret } from './credentials.ts';
import { certificatesIn, readPem } from './certificate-files.ts';
import { connectPartner, openKeys, partnerConfigs, type ConnectOptions } from './partners.ts';
import type { Reloaded } from './partners.ts';
import type { Partner } from '../gateway.ts';
import { sha256 } from '../model/canonical-json.ts';
import { asGatewayError, GatewayError } from '../model/errors.ts';
import { isUnsigned } from '../model/message.ts';
import { isAccepted } from '../model/partner-key.ts';
import { admits } from '../wire/signature/revocation.ts';
import { fingerprint, isPem } from '../wire/signature/certificates.ts';
import type { TlsIdentity } from '../wire/transport/transport.ts';

type Keys = Pick<ConnectOptions, 'home' | 'keyring'>;

/** The partners of an open gateway, and what each was connected with. */
export interface Connected {
  readonly partners: Map<string, Partner>;
  readonly options: Map<string, ConnectOptions>;
  /** Why a partner is stopped, by its code. */
  readonly stopped: Map<string, string>;
  keys: Keys;
  /** The settings, with the partners as they are connected. */
  config: Config;
}

/** Our identity at the exchange door, the partner of each client certificate, and the secrets of partners without one. */
export interface DoorTrust {
  readonly identity: TlsIdentity;
  /** The partner of a client certificate, by its fingerprint, if that counts at the moment. */
  partnerOf(print: string, at: Date): string | undefined;
  readonly secrets: readonly (AccessSecret & { readonly partner: string })[];
}

/** `all`: of all partners. Throws E_KEY_MISSING. */
export function doorTrust(keyring: ConnectOptions['keyring'], all: Iterable<ConnectOptions>): DoorTrust {
  const registered = new Map<string, { readonly code: string; counts(at: Date): boolean }>();
  const secrets: DoorTrust['secrets'][number][] = [];
  const ca: string[] = [];
  for (const { code, settings } of all) {
    const terms = revocationTerms(settings.certificates);
    for (const certificate of certificatesIn(settings.certificates.tls)) {
      const print = fingerprint(certificate);
      const other = registered.get(print)?.code;
      if (other !== undefined && other !== code) throw sharedCertificate(code, other, print);
      const period = settings.certificates.periods?.[print];
      registered.set(print, {
        code,
        counts: (at) => isAccepted(period, at) && (terms === undefined || admits(terms, certificate, at)),
      });
    }
    secrets.push(...(settings.access ?? []).map((secret) => ({ ...secret, partner: code })));
    ca.push(...settings.certificates.anchors.map(readPem));
  }
  const { cert, key } = keyring.tls;
  return {
    identity: { cert, key, ca },
    partnerOf(print, at) {
      const found = registered.get(print);
      return found?.counts(at) === true ? found.code : undefined;
    },
    secrets,
  };
}

/** A caller with its key would be taken for either. */
function sharedCertificate(code: string, other: string, at: string): GatewayError {
  const fix = 'Each partner has a client certificate of its own: take this one out of the settings of the other.';
  const detail = `partners ${code} and ${other} have the same client certificate`;
  return new GatewayError('E_CONFIG_INVALID', detail, { at, fix });
}

/** As they will be: in one reload, a certificate may go from one partner to another. */
function requireOwnCertificates({ code, settings }: ConnectOptions, wanted: Config['partners']): void {
  const own = certificatesIn(settings.certificates.tls).map(fingerprint);
  for (const [other, { certificates }] of Object.entries(wanted)) {
    const shared = other === code ? undefined : readable(certificates.tls).find((print) => own.includes(print));
    if (shared !== undefined) throw sharedCertificate(code, other, shared);
  }
}

/** None of a partner that is stopped for a file that cannot be read. */
function readable(files: readonly string[]): readonly string[] {
  try {
    return certificatesIn(files).map(fingerprint);
  } catch {
    return [];
  }
}

/** The settings with the partners as they are connected: without certificates and connections where one is stopped. */
export function settingsInUse({ options }: Connected, config: Config): Config {
  return { ...config, partners: Object.fromEntries([...options].map(([code, { settings }]) => [code, settings])) };
}

/**
 * Changes the partners to what the settings say; one entry for each that changed, or could not. Keys of ours that cannot be read leave
 * those in use, under our own code.
 */
export async function takeSettings(
  connected: Connected,
  config: Config,
  shared: Pick<ConnectOptions, 'brokers' | 'tools'>,
): Promise<readonly Reloaded[]> {
  const { partners, options, stopped } = connected;
  const results: Reloaded[] = [];
  try {
    connected.keys = await openKeys(config, shared.tools);
  } catch (error) {
    results.push({ partner: config.home, loaded: false, detail: reasonOf(error) });
  }
  const wanted = partnerConfigs(config);
  for (const code of new Set([...partners.keys(), ...stopped.keys()])) {
    if (code in wanted) continue;
    await disconnect(partners.get(code));
    for (const map of [partners, options, stopped]) map.delete(code);
    results.push({ partner: code, loaded: true, detail: 'removed' });
  }
  for (const [code, settings] of Object.entries(wanted)) {
    const next: ConnectOptions = { code, settings, config, ...connected.keys, ...shared };
    const result = await takePartner(connected, next, wanted);
    if (result !== undefined) results.push(result);
  }
  return results;
}

async function takePartner(
  connected: Connected,
  next: ConnectOptions,
  wanted: Config['partners'],
): Promise<Reloaded | undefined> {
  const { partners, options, stopped } = connected;
  const partner = next.code;
  try {
    const state = stateOf(next);
    if (options.get(partner)?.state === state) return undefined;
    doorTrust(next.keyring, [next]);
    requireOwnCertificates(next, wanted);
    const before = options.get(partner);
    // Another key is no reason to break off what is being sent.
    const transport =
      before !== undefined && connectionOf(before) === connectionOf(next) && partners.get(partner)?.transport;
    const connection = await connectPartner({ ...next, ...(transport && { transport }) });
    if (!transport) await disconnect(partners.get(partner));
    partners.set(partner, connection);
    options.set(partner, { ...next, state });
    stopped.delete(partner);
    return { partner, loaded: true };
  } catch (error) {
    const detail = `${reasonOf(error)}; the partner is stopped`;
    await stop(connected, partner, detail);
    return { partner, loaded: false, detail };
  }
}

/** Nothing is received from the partner or sent to it. Its adapter stays, so that the border is answered from the lists held. */
async function stop({ partners, options, stopped }: Connected, code: string, reason: string): Promise<void> {
  stopped.set(code, reason);
  const [partner, before] = [partners.get(code), options.get(code)];
  if (partner === undefined || before === undefined) return;
  await disconnect(partner);
  const { transport: _, trust, ...rest } = partner;
  partners.set(code, { ...rest, trust: isUnsigned(trust) ? trust : { ...trust, certificates: [] } });
  const { state: _state, settings, ...connection } = before;
  options.set(code, { ...connection, settings: withoutTrust(settings) });
}

export function reasonOf(error: unknown): string {
  const { code, detail, at } = asGatewayError(error);
  return `${code}: ${detail}${at === undefined ? '' : ` (at ${at})`}`;
}

/** What is being sent ends without an answer, and is sent again over the new connection. */
async function disconnect(partner: Partner | undefined): Promise<void> {
  await partner?.transport?.close();
}

/** As stateOf, without what decides whose messages count and with which key ours are signed. */
function connectionOf(options: ConnectOptions): string {
  const { ownKeys: _, certificates, ...settings } = options.settings;
  const connection = { ...noCertificates, anchors: certificates.anchors };
  return stateOf({ ...options, settings: { ...settings, certificates: connection } });
}

/** Everything a partner is connected with: settings, the content of the files they name, and our keys. */
export function stateOf({ settings, keyring }: ConnectOptions): string {
  const { signing, tls, anchors } = settings.certificates;
  const { secret } = settings.credentials ?? {};
  const secrets = [...(secret && 'file' in secret ? [secret.file] : []), ...(settings.sftp ? [settings.sftp.key] : [])];
  const files = [...signing, ...tls, ...anchors, ...secrets].map((file) =>
    isPem(file) || existsSync(file) ? readPem(file) : 'missing',
  );
  const lists = (settings.certificates.revocation?.files ?? []).map((file) =>
    existsSync(file) ? sha256(readFileSync(file)) : 'missing',
  );
  return JSON.stringify([settings, files, lists, keyring.list().map((key) => key.fingerprint)]);
}
