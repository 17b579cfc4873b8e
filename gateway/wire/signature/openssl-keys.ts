/** Requests for certificates and PKCS#12 files, by the openssl program: node-forge has neither for EC keys. */

import { execFile } from 'node:child_process';
import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { GatewayError } from '../../model/errors.ts';
import { readCertificates, type DistinguishedName } from './certificates.ts';

/** Runs openssl; its standard output. Throws E_KEY_MISSING, and E_TRUST_UNCHECKED without the program. */
async function openssl(args: readonly string[], input: Uint8Array | string): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const child = execFile('openssl', [...args], { encoding: 'buffer', timeout: 30_000 }, (error, output) => {
    if (error === null) return resolve(output);
    const [code, detail, fix] =
      typeof error.code === 'number'
        ? // What openssl says may quote the input: it is not passed on.
          (['E_KEY_MISSING', `openssl ${args[0] ?? ''} refused it`, 'Check the file and its password.'] as const)
        : (['E_TRUST_UNCHECKED', 'the openssl program could not be run', 'Install openssl.'] as const);
    reject(new GatewayError(code, detail, { fix }));
  });
  child.stdin?.on('error', () => undefined); // a process that did not start closes it; the callback reports it
  child.stdin?.end(input);
  return await promise;
}

/** A certificate request (PKCS#10, RFC 2986) for a private key in a file, as PEM. */
export async function certificateRequest(keyFile: string, subject: DistinguishedName): Promise<string> {
  const { country, organization, commonName } = subject;
  const part = (value: string): string => value.replaceAll(/[\\/+]/gu, String.raw`\$&`);
  const name = `/C=${part(country)}/O=${part(organization)}/CN=${part(commonName)}`;
  const usage = 'keyUsage=critical,digitalSignature,nonRepudiation';
  const args = ['req', '-new', '-batch', '-utf8', '-key', keyFile, '-subj', name, '-addext', usage];
  return (await openssl(args, '')).toString();
}

export interface KeyWithCertificate {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

/** The private key in a PKCS#12 file, and its certificate. The password is the first line of a file. Throws E_KEY_MISSING. */
export async function readPkcs12(file: Uint8Array, passwordFile: string): Promise<KeyWithCertificate> {
  const read = ['pkcs12', '-nodes', '-passin', `file:${passwordFile}`];
  // Files of older programs are encrypted with what OpenSSL 3 reads only when it is asked to.
  const written = await openssl(read, file).catch(() => openssl([...read, '-legacy'], file));
  const pem = written.toString();
  const [block] = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----/u.exec(pem) ?? [];
  const key = block === undefined ? undefined : createPrivateKey(block);
  const certificate = key && readCertificates(pem, 'PKCS#12').find((each) => each.checkPrivateKey(key));
  if (key === undefined || certificate === undefined)
    throw new GatewayError('E_KEY_MISSING', 'the file has no private key with its certificate', {
      fix: 'Export both into the file.',
    });
  return { key, certificate };
}

/** A key with its certificate as PKCS#12, encrypted with the password in the first line of a file. */
export async function writePkcs12({ key, certificate }: KeyWithCertificate, passwordFile: string): Promise<Buffer> {
  const pem = `${key.export({ type: 'pkcs8', format: 'pem' }).toString()}${certificate.toString()}`;
  const args = ['pkcs12', '-export', '-passout', `file:${passwordFile}`];
  return await openssl(args, pem);
}
