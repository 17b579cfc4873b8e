/**
 * Credentials of the settings. By them a partner's server knows us: a user with password, a token, a key, or a client of an authorization server.
 * By others our exchange door knows a partner that can have no client certificate.
 */

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { GatewayError } from '../model/errors.ts';
import { fixedAuthorization, keyHeader, tokenAuthorization } from '../wire/transport/authorization.ts';
import { httpsClient, type Authorization } from '../wire/transport/https-client.ts';
import type { TlsIdentity } from '../wire/transport/transport.ts';

/** Never in the settings themselves: the text of a file, or of an environment variable as it was when the settings were read. */
export type Secret = { readonly file: string } | { readonly variable: string; readonly value?: string | undefined };

export type Credentials =
  | { readonly kind: 'basic'; readonly user: string; readonly secret: Secret }
  | { readonly kind: 'bearer'; readonly secret: Secret }
  /** An API key in the header of that name. */
  | { readonly kind: 'header'; readonly name: string; readonly secret: Secret }
  | {
      readonly kind: 'oauth2';
      /** The token endpoint, an https address. */
      readonly tokenUrl: string;
      readonly client: string;
      readonly secret: Secret;
      readonly scope?: string;
      /** PEM files: authorities of the authorization server; absent: those of the partner. */
      readonly anchors?: readonly string[];
    };

/** What a partner sends to our door: a user and password, or a token where there is no user. `mra key secret` makes one. */
export interface AccessSecret {
  readonly user?: string;
  /** SHA-256 of the password or token, lower-case hex. */
  readonly sha256: string;
}

/** With absolute paths, and the values of environment variables. */
export function credentialsOf(written: Credentials, base: string, environment: NodeJS.ProcessEnv): Credentials {
  const secret = secretOf(written.secret, base, environment);
  if (written.kind !== 'oauth2' || written.anchors === undefined) return { ...written, secret };
  return { ...written, secret, anchors: written.anchors.map((path) => resolve(base, path)) };
}

export function secretOf(written: Secret, base: string, environment: NodeJS.ProcessEnv): Secret {
  if ('file' in written) return { file: resolve(base, written.file) };
  return { variable: written.variable, value: environment[written.variable] };
}

/** Throws E_CONFIG_INVALID, which names the file or the variable. Line ends after the text do not count. */
export function secretText(secret: Secret, at: string): string {
  const where = 'file' in secret ? `the file ${secret.file}` : `the environment variable ${secret.variable}`;
  const written =
    'file' in secret ? (existsSync(secret.file) ? readFileSync(secret.file, 'utf8') : undefined) : secret.value;
  const text = written?.replace(/[\r\n]+$/u, '');
  if (text !== undefined && /^[ -~\u00A0-\u{10FFFF}]+$/u.test(text)) return text;
  const fix = 'Put the secret there, as one line without anything else.';
  throw new GatewayError('E_CONFIG_INVALID', `there is no secret in ${where}`, { at, fix });
}

/** Headers that say how a message is sent, and those of other credentials. */
const ofMessages =
  /^(?:host|connection|keep-alive|content-.*|transfer-encoding|te|trailer|upgrade|expect|accept|authorization)$/iu;

/** Throws E_CONFIG_INVALID, and E_KEY_MISSING for a file of `anchors`. */
export function authorizationOf(
  credentials: Credentials,
  { at, tls, readPem }: { readonly at: string; readonly tls: TlsIdentity; readPem(file: string): string },
): Authorization {
  const secret = secretText(credentials.secret, `${at}.secret`);
  switch (credentials.kind) {
    case 'basic':
      return fixedAuthorization({ user: credentials.user, secret });
    case 'bearer':
      if (/^[\w.~+/-]+=*$/u.test(secret)) return fixedAuthorization(secret);
      throw new GatewayError('E_CONFIG_INVALID', 'a token has letters, digits and . _ ~ + / - = only (RFC 6750, 2.1)', {
        at: `${at}.secret`,
        fix: 'Put the token there alone, without "Bearer".',
      });
    case 'header':
      if (/^[!-~]+$/u.test(secret) && !ofMessages.test(credentials.name)) return keyHeader(credentials.name, secret);
      throw new GatewayError('E_CONFIG_INVALID', 'the key or the name of its header cannot stand in a request', {
        at,
        fix: 'Put the key alone into its file or variable, in ASCII without blanks, and name the header that the partner names.',
      });
    case 'oauth2': {
      const { tokenUrl, client: id, scope, anchors } = credentials;
      const { origin, pathname, search } = new URL(tokenUrl);
      const ca = anchors?.map(readPem) ?? tls.ca;
      const client = httpsClient({ url: origin, tls: { ...tls, ca }, connectMs: 5_000, maxBytes: 64 * 1024 });
      return tokenAuthorization({ client, target: pathname + search, id, secret, scope, now: () => performance.now() });
    }
  }
}
