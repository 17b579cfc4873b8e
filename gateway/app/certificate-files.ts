/** Certificates that the settings name by their files, or that the store keeps as texts of PEM. */

import type { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { GatewayError } from '../model/errors.ts';
import { isPem, readCertificates } from '../wire/signature/certificates.ts';

export function certificatesIn(files: readonly string[]): readonly X509Certificate[] {
  return files.flatMap((file) => readCertificates(readPem(file), isPem(file) ? 'the store' : file));
}

/** Of files that can be read; what is wrong with the others is found where they are used. */
export function readableCertificates(files: readonly string[]): readonly X509Certificate[] {
  return files.flatMap((file) => {
    try {
      return certificatesIn([file]);
    } catch {
      return [];
    }
  });
}

/** The text of a certificate file; a text of PEM is that text. Throws E_KEY_MISSING with its path. */
export function readPem(file: string): string {
  if (isPem(file)) return file;
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const fix = 'Ask the partner for its certificate, compare fingerprints, and put it there.';
  throw new GatewayError('E_KEY_MISSING', 'the certificate file does not exist', { at: file, fix });
}
