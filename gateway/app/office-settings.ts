/** Settings of the office door, by which staff work with the gateway in a browser. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { GatewayError } from '../model/errors.ts';

export interface OfficeSettings {
  readonly host: string;
  readonly port: number;
  /** The address by which browsers reach the door; a proxy may stand between. Without a slash at its end. */
  readonly publicUrl: string;
  /** PEM texts, where the door itself ends TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** As the file has it: `tls` names files. */
export type OfficeFile = Partial<OfficeSettings>;

const loopback = /^(?:127\.0\.0\.1|localhost|\[::1\]|::1)$/u;

/** Throws E_CONFIG_INVALID where passwords or sessions would travel over a network without TLS, or a file cannot be read. */
export function officeSettings(file: OfficeFile, base: string): OfficeSettings {
  const { host = '127.0.0.1', port = 7070, tls } = file;
  const publicUrl = (file.publicUrl ?? `http${tls === undefined ? '' : 's'}://${host}:${port}`).replace(/\/+$/u, '');
  const { protocol, hostname } = new URL(publicUrl);
  if (protocol !== 'https:' && !loopback.test(hostname))
    throw new GatewayError('E_CONFIG_INVALID', 'browsers would send passwords without TLS', {
      at: 'office.publicUrl',
      fix: 'Write the https address by which browsers reach the door, through a proxy or with office.tls.',
    });
  return { host, port, publicUrl, ...(tls && { tls: { cert: pem(tls.cert, base), key: pem(tls.key, base) } }) };
}

function pem(path: string, base: string): string {
  try {
    return readFileSync(resolve(base, path), 'utf8');
  } catch (cause) {
    const fix = 'Name a PEM file that the account of the gateway may read.';
    throw new GatewayError('E_CONFIG_INVALID', 'the file cannot be read', { at: path, fix, cause });
  }
}

/** Whether cookies may carry `Secure`, which browsers take over TLS only. */
export function isSecure({ publicUrl }: Pick<OfficeSettings, 'publicUrl'>): boolean {
  return publicUrl.startsWith('https:');
}
