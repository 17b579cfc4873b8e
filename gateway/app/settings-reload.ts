/**
 * Takes partners, their certificates and our keys from the settings again while the gateway serves. What is taken out stops at once. A
 * partner whose new settings are faulty keeps those in use, and the fault is reported.
 */

import { existsSync } from 'node:fs';
import type { Config } from './config.ts';
import type { AccessSecret } from './credentials.ts';
import { certificatesIn, connectPartner, openKeys, partnerConfigs, readPem, type ConnectOptions } from './partners.ts';
import type { Reloaded } from './partners.ts';
import type { Partner } from '../gateway.ts';
import { asGatewayError } from '../model/errors.ts';
import { fingerprint } from '../wire/signature/certificates.ts';
import type { TlsIdentity } from '../wire/transport/transport.ts';

/** The partners of an open gateway, and what each was connected with. */
export interface Connected {
  readonly partners: Map<string, Partner>;
  readonly options: Map<string, ConnectOptions>;
}

/** Our identity at the exchange door, the partner of each client certificate, and the secrets of partners without one. */
export interface DoorTrust {
  readonly identity: TlsIdentity;
  readonly partnerOf: ReadonlyMap<string, string>;
  readonly secrets: readonly (AccessSecret & { readonly partner: string })[];
}

/** `all`: of all partners. Throws E_KEY_MISSING. */
export function doorTrust(keyring: ConnectOptions['keyring'], all: Iterable<ConnectOptions>): DoorTrust {
  const partnerOf = new Map<string, string>();
  const secrets: DoorTrust['secrets'][number][] = [];
  const ca: string[] = [];
  for (const { code, settings } of all) {
    for (const certificate of certificatesIn(settings.certificates.tls)) partnerOf.set(fingerprint(certificate), code);
    secrets.push(...(settings.access ?? []).map((secret) => ({ ...secret, partner: code })));
    ca.push(...settings.certificates.anchors.map(readPem));
  }
  const { cert, key } = keyring.tls;
  return { identity: { cert, key, ca }, partnerOf, secrets };
}

/** Changes the partners to what the settings say; one entry for each that changed. Throws as openKeys: then nothing changed. */
export async function takeSettings(
  { partners, options }: Connected,
  config: Config,
  shared: Pick<ConnectOptions, 'brokers' | 'tools'>,
): Promise<readonly Reloaded[]> {
  const keys = await openKeys(config, shared.tools);
  const wanted = partnerConfigs(config);
  const results: Reloaded[] = [];
  for (const code of partners.keys()) {
    if (code in wanted) continue;
    await disconnect(partners.get(code));
    partners.delete(code);
    options.delete(code);
    results.push({ partner: code, loaded: true, detail: 'removed' });
  }
  for (const [code, settings] of Object.entries(wanted)) {
    const next: ConnectOptions = { code, settings, config, ...keys, ...shared };
    const result = await takePartner({ partners, options }, next);
    if (result !== undefined) results.push(result);
  }
  return results;
}

async function takePartner({ partners, options }: Connected, next: ConnectOptions): Promise<Reloaded | undefined> {
  const partner = next.code;
  try {
    const state = stateOf(next);
    if (options.get(partner)?.state === state) return undefined;
    doorTrust(next.keyring, [next]);
    const connected = await connectPartner(next);
    await disconnect(partners.get(partner));
    partners.set(partner, connected);
    options.set(partner, { ...next, state });
    return { partner, loaded: true };
  } catch (error) {
    const { code, detail, at } = asGatewayError(error);
    return { partner, loaded: false, detail: `${code}: ${detail}${at === undefined ? '' : ` (at ${at})`}` };
  }
}

/** What is being sent ends without an answer, and is sent again over the new connection. */
async function disconnect(partner: Partner | undefined): Promise<void> {
  await partner?.transport?.close();
}

/** Everything a partner is connected with: settings, the content of the files they name, and our keys. */
export function stateOf({ settings, keyring }: ConnectOptions): string {
  const { signing, tls, anchors } = settings.certificates;
  const { secret } = settings.credentials ?? {};
  const files = [...signing, ...tls, ...anchors, ...(secret && 'file' in secret ? [secret.file] : [])].map((file) =>
    existsSync(file) ? readPem(file) : 'missing',
  );
  return JSON.stringify([settings, files, keyring.list().map((key) => key.fingerprint)]);
}
