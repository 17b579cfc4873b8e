/**
 * Identifies the partner behind a request at the exchange door, by its TLS client certificate, or by a secret if the partner cannot have
 * one. A proxy that terminates TLS forwards the certificate over a protected channel. Nothing else in a request counts.
 */

import { createHash, timingSafeEqual, X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { Request, RequestHandler } from 'express';
import { GatewayError } from '../model/errors.ts';
import type { AuthenticatedChannel } from '../model/message.ts';
import { fingerprint } from '../wire/signature/certificates.ts';
import { authenticatedChannel } from '../wire/signature/channel.ts';

export interface Admission {
  /** The partner of a client certificate, by its SHA-256 fingerprint in lower-case hex. */
  partnerOf(fingerprint256: string): string | undefined;
  /** Secrets of partners without a client certificate. */
  secrets?(): readonly PartnerSecret[];
  /** Connections without TLS come from this proxy. Absent: no such connection is admitted. */
  readonly proxy?: Proxy | undefined;
  now(): Date;
}

/** A proxy connects over a socket that only it may write to, or sends a secret. */
export interface Proxy {
  /** SHA-256 of its secret in lower-case hex; absent behind a socket. */
  readonly sha256?: string | undefined;
}

/** A user and password (RFC 7617) where there is a user, otherwise a token (RFC 6750). */
interface PartnerSecret {
  readonly partner: string;
  readonly user?: string;
  /** SHA-256 of the password or token in lower-case hex. Both are random, so they cannot be guessed. */
  readonly sha256: string;
}

interface Caller {
  readonly code: string;
  readonly channel: AuthenticatedChannel;
}

/** The caller must be a partner of the route, or the one of the path. */
export function admitPartner(admission: Admission, owners?: readonly string[]): RequestHandler<{ partner: string }> {
  return (request, response, next) => {
    const secrets = admission.secrets?.() ?? [];
    const certificate = certificateOf(admission, request);
    const partner = byCertificate(admission, certificate) ?? bySecret(secrets, request);
    if (partner === undefined && certificate === undefined && secrets.length > 0) {
      response.set('WWW-Authenticate', challenges(secrets));
      throw new GatewayError('E_CREDENTIALS_INVALID', 'The request has no valid user and password, or token.');
    }
    if (partner === undefined) throw new GatewayError('E_CHANNEL_UNKNOWN', 'The client certificate is not registered.');
    if (!(owners ?? [request.params.partner]).includes(partner.code))
      throw new GatewayError('E_CHANNEL_MISMATCH', 'The connection is registered for another address.');
    response.locals['partner'] = partner.code;
    response.locals['channel'] = partner.channel;
    next();
  };
}

/** SHA-256 fingerprint of the client certificate, if there is a valid one. Throws E_CHANNEL_UNKNOWN without TLS and without proxy. */
function certificateOf({ proxy, now }: Admission, request: Request<{ partner: string }>): string | undefined {
  const { socket } = request;
  if (!(socket instanceof TLSSocket)) {
    if (proxy === undefined || !isProxy(proxy, request))
      throw new GatewayError('E_CHANNEL_UNKNOWN', 'The connection is not that of the proxy of this door.');
    return certificateHandedOn(request, now());
  }
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  return certificate && fingerprint(certificate);
}

function isProxy({ sha256 }: Proxy, { headersDistinct }: Request<{ partner: string }>): boolean {
  if (sha256 === undefined) return true;
  const [secret, ...more] = headersDistinct['mra-proxy-secret'] ?? [];
  return secret !== undefined && more.length === 0 && isSecret(Buffer.from(secret), sha256);
}

/**
 * Reads the header Client-Cert (RFC 9440), or a percent-encoded PEM in it as written by nginx. The proxy has proven in its TLS handshake
 * that the caller has the key. Whether the certificate is registered and in force is checked here, as for any other.
 */
function certificateHandedOn({ headersDistinct }: Request<{ partner: string }>, now: Date): string | undefined {
  const [written = '', ...more] = headersDistinct['client-cert'] ?? [];
  if (written === '') return undefined;
  try {
    if (more.length > 0) throw new RangeError('two certificates');
    const [, der] = /^:([A-Za-z\d+/]+=*):$/u.exec(written) ?? [];
    const certificate = new X509Certificate(
      der === undefined ? decodeURIComponent(written) : Buffer.from(der, 'base64'),
    );
    const isValid = certificate.validFromDate <= now && now <= certificate.validToDate;
    return isValid ? fingerprint(certificate) : undefined;
  } catch (cause) {
    throw new GatewayError('E_CHANNEL_UNKNOWN', 'The proxy hands on no certificate that can be read.', { cause });
  }
}

function isSecret(given: Buffer, sha256: string): boolean {
  return timingSafeEqual(createHash('sha256').update(given).digest(), Buffer.from(sha256, 'hex'));
}

function byCertificate({ partnerOf }: Admission, print: string | undefined): Caller | undefined {
  const code = print === undefined ? undefined : partnerOf(print);
  return print === undefined || code === undefined
    ? undefined
    : { code, channel: authenticatedChannel('client-certificate', print) };
}

/** Compares every secret in constant time, so that the duration reveals nothing. */
function bySecret(secrets: readonly PartnerSecret[], request: Request<{ partner: string }>): Caller | undefined {
  const [written, ...more] = request.headersDistinct['authorization'] ?? [];
  const given = written === undefined || more.length > 0 ? undefined : credentialsIn(written);
  if (given === undefined) return undefined;
  const same = secrets.filter(({ user, sha256 }) => isSecret(given.secret, sha256) && user === given.user);
  const [{ partner: code, user, sha256 } = { partner: '', sha256: '' }] = same;
  // A secret that two partners share identifies neither.
  if (new Set(same.map(({ partner }) => partner)).size !== 1) return undefined;
  return { code, channel: authenticatedChannel('shared-secret', user ?? `token ${sha256.slice(0, 16)}`) };
}

function credentialsIn(header: string): { readonly user?: string; readonly secret: Buffer } | undefined {
  const [, scheme = '', value = ''] = /^(Basic|Bearer) +([\w.~+/-]+=*)$/iu.exec(header) ?? [];
  if (scheme.toLowerCase() === 'bearer') return { secret: Buffer.from(value) };
  const pair = Buffer.from(value, 'base64');
  const colon = pair.indexOf(':');
  return colon < 0 ? undefined : { user: pair.subarray(0, colon).toString(), secret: pair.subarray(colon + 1) };
}

function challenges(secrets: readonly PartnerSecret[]): string[] {
  const basic = secrets.some(({ user }) => user !== undefined) ? ['Basic realm="exchange", charset="UTF-8"'] : [];
  const bearer = secrets.some(({ user }) => user === undefined) ? ['Bearer realm="exchange"'] : [];
  return [...basic, ...bearer];
}
