/** Settings of the office door, by which staff work with the gateway in a browser. */

import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { resolve } from 'node:path';
import { GatewayError } from '../model/errors.ts';
import type { ProviderPeople } from '../people/provider-sign-in.ts';
import { readRoles } from '../people/roles.ts';
import type { ProviderTerms } from '../wire/transport/identity-provider.ts';
import { secretOf, type Secret } from './credentials.ts';

/** The identity provider by which people sign in, beside those who have a password here. */
export interface ProviderSettings extends Omit<ProviderTerms, 'secret'>, ProviderPeople {
  /** What the sign-in page calls it. */
  readonly name: string;
  readonly secret: Secret;
}

export interface OfficeSettings {
  readonly host: string;
  readonly port: number;
  /** The address by which browsers reach the door; a proxy may stand between. Without a slash at its end. */
  readonly publicUrl: string;
  /** PEM texts, where the door itself ends TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Addresses and networks of proxies whose X-Forwarded-For names the browser. */
  readonly proxies: readonly string[];
  readonly provider?: ProviderSettings;
}

/** As the file has it: `tls` and `ca` name files. */
export type OfficeFile = Partial<Omit<OfficeSettings, 'provider'>> & {
  readonly provider?: Pick<ProviderSettings, 'issuer' | 'client' | 'secret'> &
    Partial<Omit<ProviderSettings, 'roles'>> & {
      readonly roles?: { readonly claim: string; readonly groups: Readonly<Record<string, readonly string[]>> };
    };
};

const loopback = /^(?:127\.0\.0\.1|localhost|\[::1\]|::1)$/u;

/** Throws E_CONFIG_INVALID where passwords or sessions would travel over a network without TLS, or a file cannot be read. */
export function officeSettings(file: OfficeFile, base: string, environment: NodeJS.ProcessEnv): OfficeSettings {
  const { host = '127.0.0.1', port = 7070, tls, proxies = [], provider } = file;
  const publicUrl = (file.publicUrl ?? `http${tls === undefined ? '' : 's'}://${host}:${port}`).replace(/\/+$/u, '');
  const { protocol, hostname } = new URL(publicUrl);
  if (protocol !== 'https:' && !loopback.test(hostname))
    throw new GatewayError('E_CONFIG_INVALID', 'browsers would send passwords without TLS', {
      at: 'office.publicUrl',
      fix: 'Write the https address by which browsers reach the door, through a proxy or with office.tls.',
    });
  for (const proxy of proxies) requireNetwork(proxy);
  return {
    ...{ host, port, publicUrl, proxies },
    ...(tls && { tls: { cert: pem(tls.cert, base), key: pem(tls.key, base) } }),
    ...(provider && { provider: providerSettings(provider, base, environment) }),
  };
}

function providerSettings(
  { issuer, roles, ca, secret, ...written }: NonNullable<OfficeFile['provider']>,
  base: string,
  environment: NodeJS.ProcessEnv,
): ProviderSettings {
  const groups = Object.entries(roles?.groups ?? {}).map(([group, given]) => [group, readRoles(given)] as const);
  return {
    ...{ name: new URL(issuer).hostname, scopes: ['profile'], people: 'added', nameClaim: 'preferred_username' },
    ...{ issuer, ...written, secret: secretOf(secret, base, environment) },
    ...(ca && { ca: ca.map((path) => pem(path, base)) }),
    ...(roles && { roles: { claim: roles.claim, groups: Object.fromEntries(groups) } }),
  };
}

/** Throws E_CONFIG_INVALID. */
function requireNetwork(text: string): void {
  const [address = '', bits] = text.split('/', 2);
  try {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) new BlockList().addAddress(address, family);
    else new BlockList().addSubnet(address, Number(bits), family);
  } catch (cause) {
    const fix = 'Write an address such as 10.0.0.5, or a network such as 10.0.0.0/24.';
    throw new GatewayError('E_CONFIG_INVALID', 'this is no address or network', { at: 'office.proxies', fix, cause });
  }
}

function pem(path: string, base: string): string {
  try {
    return readFileSync(resolve(base, path), 'utf8');
  } catch (cause) {
    const fix = 'Name a PEM file that the account of the gateway may read.';
    throw new GatewayError('E_CONFIG_INVALID', 'the file cannot be read', { at: path, fix, cause });
  }
}
