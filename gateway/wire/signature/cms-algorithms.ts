/** Algorithm identifiers of CMS signatures (RFC 5754, RFC 4055, RFC 8419): written, and compared with what was agreed. */

import type { SignatureAlgorithm } from '../../model/message.ts';
import type { Hash } from '../../model/signature-form.ts';
import { bytesWithin, der, derOid, isEqual, oidOf, sequence, tags, within, type Der } from './der.ts';
import { algorithms, pssSaltLength, requireAlgorithm } from './profile.ts';

const [pss, mgf1] = ['1.2.840.113549.1.1.10', '1.2.840.113549.1.1.8'];
/** RFC 5754, 2. */
const hashOids: Readonly<Record<Hash, string>> = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};

/** Object identifiers of each signature algorithm; the first is written, all are accepted (RFC 5754, 3; RFC 4056; RFC 8419). */
const signatureOids: Readonly<Record<SignatureAlgorithm, readonly string[]>> = {
  'rsa-sha256': ['1.2.840.113549.1.1.11', '1.2.840.113549.1.1.1'],
  'rsa-sha512': ['1.2.840.113549.1.1.13', '1.2.840.113549.1.1.1'],
  'rsa-pss-sha256': [pss],
  'ecdsa-p256-sha256': ['1.2.840.10045.4.3.2'],
  'ecdsa-p384-sha384': ['1.2.840.10045.4.3.3'],
  'eddsa-ed25519': ['1.3.101.112'],
};
const nothing = der(tags.nothing, Buffer.alloc(0));

export function hashMethodOf(algorithm: SignatureAlgorithm): Der {
  return sequence(derOid(hashOids[algorithms[algorithm].hash]));
}

/** Throws E_SIGNATURE_ALGORITHM unless the element is the agreed hash. */
export function requireHash(element: Der | undefined, algorithm: SignatureAlgorithm): void {
  const isAgreed = isAlgorithm(element, [hashOids[algorithms[algorithm].hash]]);
  requireAlgorithm(isAgreed, 'the digest algorithm is not the agreed one');
}

/** Throws E_SIGNATURE_ALGORITHM unless the element is the agreed signature algorithm. */
export function requireSignatureMethod(element: Der | undefined, algorithm: SignatureAlgorithm): void {
  const isAgreed =
    algorithm === 'rsa-pss-sha256' ? isPss(element, algorithm) : isAlgorithm(element, signatureOids[algorithm]);
  requireAlgorithm(isAgreed, 'the signature algorithm is not the agreed one');
}

/** The AlgorithmIdentifier of a signature. RSA has parameters (RFC 5754, 3.2; RFC 4055, 3.1). */
export function methodOf(algorithm: SignatureAlgorithm): Der {
  const [method = ''] = signatureOids[algorithm];
  const { key } = algorithms[algorithm];
  if (algorithm === 'rsa-pss-sha256') return sequence(derOid(method), pssParameters(hashMethodOf(algorithm)));
  return sequence(derOid(method), ...(key === 'rsa' ? [nothing] : []));
}

function pssParameters(hash: Der): Der {
  return sequence(
    der(tags.context0, [hash]),
    der(tags.context1, [sequence(derOid(mgf1), hash)]),
    der(tags.context2, [der(tags.integer, Buffer.of(pssSaltLength))]),
  );
}

/** The hash with or without NULL. */
function isPss(element: Der | undefined, algorithm: SignatureAlgorithm): boolean {
  const hash = derOid(hashOids[algorithms[algorithm].hash]);
  const forms = [sequence(hash), sequence(hash, nothing)].map(pssParameters);
  return forms.some((parameters) => isEqual(element, sequence(derOid(pss), parameters)));
}

/** Whether an AlgorithmIdentifier has one of the identifiers, and no parameters or NULL (RFC 5754, 2). */
function isAlgorithm(element: Der | undefined, identifiers: readonly string[]): boolean {
  const [name, parameters, ...more] = within(element, tags.sequence) ?? [];
  const isPlain = parameters === undefined || bytesWithin(parameters, tags.nothing)?.length === 0;
  return identifiers.includes(oidOf(name) ?? '') && isPlain && more.length === 0;
}
