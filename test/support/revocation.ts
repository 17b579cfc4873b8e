/** Lists of revoked certificates by openssl, as authorities make them. */

import { execFileSync } from 'node:child_process';
import type { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder, testCertificate, title, type Pair } from './pki.ts';

export interface Authority {
  readonly pair: Pair;
  readonly certificate: X509Certificate;
  /** PEM file of the certificate. */
  readonly file: string;
  /** A list (DER) with these certificates on it; `from` and `until` as `20260601000000Z`. `extensions`: of the list, as openssl writes them. */
  list(revoked: readonly X509Certificate[], period: ListPeriod): Buffer;
}

export interface ListPeriod {
  readonly from: string;
  readonly until: string;
  readonly extensions?: readonly string[];
}

export function openAuthority(pair: Pair, certificate = authorityCertificate(pair)): Authority {
  const folder = temporaryFolder();
  const file = (name: string, content = ''): string => {
    const full = path.join(folder, name);
    writeFileSync(full, content);
    return full;
  };
  const own = file('authority.pem', certificate.toString());
  const key = file('authority.key', pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  let number = 0;
  return {
    ...{ pair, certificate, file: own },
    list(revoked, { from, until, extensions = [] }) {
      number += 1;
      const index = file(`index-${number}`);
      const settings = file(
        `ca-${number}.cnf`,
        [
          '[ca]',
          'default_ca = own',
          '[own]',
          `database = ${index}`,
          `crlnumber = ${file(`number-${number}`, `${1000 + number}\n`)}`,
          'default_md = sha256',
          'crl_extensions = extensions',
          '[extensions]',
          'authorityKeyIdentifier = keyid:always',
          ...extensions,
          '',
        ].join('\n'),
      );
      const ca = ['ca', '-config', settings, '-keyfile', key, '-cert', own];
      for (const [i, each] of revoked.entries())
        execFileSync('openssl', [...ca, '-revoke', file(`revoked-${number}-${i}.pem`, each.toString())], {
          stdio: 'pipe',
        });
      const out = path.join(folder, `list-${number}.pem`);
      const dates = ['-crl_lastupdate', from, '-crl_nextupdate', until];
      execFileSync('openssl', [...ca, '-gencrl', ...dates, '-out', out], { stdio: 'pipe' });
      return execFileSync('openssl', ['crl', '-in', out, '-outform', 'DER']);
    },
  };
}

export function authorityCertificate(pair: Pair): X509Certificate {
  return testCertificate(pair, { use: 'authority', subject: title('authority'), notAfter: new Date('2040-01-01') });
}

/** A certificate by the authority. */
export function issuedBy({ pair }: Pick<Authority, 'pair'>, use: 'signing' | 'tls', own: Pair): X509Certificate {
  const issuer = { name: title('authority'), ...pair };
  return testCertificate(own, { use, subject: title(`own ${use}`), issuer, notAfter: new Date('2040-01-01') });
}
