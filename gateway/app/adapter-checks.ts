/** The schemas and keys with which the messages of an adapter are checked. */

import { generateKeyPairSync, randomBytes, type KeyPairKeyObjectResult } from 'node:crypto';
import type { CheckSchema, CheckTools, SealAndVerify } from '../adapter/check/message-text.ts';
import type { AdapterTools } from '../adapter/tools.ts';
import { isUnsigned, type AttributedMessage, type SignatureAlgorithm } from '../model/message.ts';
import { authenticatedChannel, verifyChannel } from '../wire/signature/channel.ts';
import { makeCertificate } from '../wire/signature/certificates.ts';
import { algorithms, type Signer } from '../wire/signature/profile.ts';
import { checkUnsigned, seal } from '../wire/signature/seal.ts';
import { bodyOf } from '../wire/xml/parsed-body.ts';
import { verify } from '../wire/signature/verify.ts';
import { loadSchema } from '../wire/xsd/schema.ts';

export function checkTools(tools: AdapterTools): CheckTools {
  const schemaAt = keep(loadSchema);
  return { ...tools, checkSchema: schemaChecker(schemaAt), sealAndVerify: sealChecker(schemaAt) };
}

/** Compares messages with their schemas, each compiled once. Throws E_SCHEMA_INVALID. */
export function schemaChecker(schemaAt = keep(loadSchema)): CheckSchema {
  return (text, format) => {
    checkUnsigned([text], format, schemaAt(format.schema))[Symbol.dispose]();
  };
}

/** Seals messages as agreed, with a new key of each algorithm. Throws what checkUnsigned, seal, verify and verifyChannel throw. */
function sealChecker(schemaAt: typeof loadSchema): SealAndVerify {
  const signerFor = keep(newSigner);
  return async (text, format, terms) => {
    const [partner, now] = ['XX', new Date()];
    const at = now.toISOString();
    using draft = checkUnsigned([text], format, schemaAt(format.schema));
    const meta = { id: 'check', partner, kind: 'list', at } as const;
    const raw = { partner, via: 'file', receivedAt: at, channel: authenticatedChannel('kept', 'check') } as const;
    if (isUnsigned(terms)) {
      const { bytes } = await seal(draft, terms, meta);
      using message = verifyChannel({ ...raw, bytes }, { ...terms, formats: [format.format] });
      return contentText(message, format);
    }
    const signer = { ...signerFor(terms.algorithm), form: terms };
    const { bytes } = await seal(draft, signer, meta);
    const trust = { ...terms, seals: [terms.kind], certificates: [signer.certificate] };
    using message = await verify({ ...raw, bytes }, trust, now);
    return contentText(message, format);
  };
}

function contentText(message: AttributedMessage, { lines }: Parameters<SealAndVerify>[1]): string {
  const body = bodyOf(message);
  if (body.format !== 'text' || lines === undefined) return Buffer.from(message.content).toString();
  return body.lines(lines).join(lines.ends) + lines.ends;
}

function keep<K, T>(make: (key: K) => T): (key: K) => T {
  const made = new Map<K, T>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}

function newPair(algorithm: SignatureAlgorithm): KeyPairKeyObjectResult {
  const { key, curve: namedCurve = '' } = algorithms[algorithm];
  switch (key) {
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
    case 'ec':
      return generateKeyPairSync('ec', { namedCurve });
    case 'ed25519':
      return generateKeyPairSync('ed25519');
  }
}

function newSigner(algorithm: SignatureAlgorithm): Signer {
  const issuer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { publicKey, privateKey: key } = newPair(algorithm);
  const subject = { country: 'XX', organization: 'check', commonName: 'check' };
  const [now, hour] = [Date.now(), 3_600_000];
  const certificate = makeCertificate({
    ...{ use: 'signing', subject, publicKey, issuer: { name: subject, ...issuer } },
    ...{ notBefore: new Date(now - hour), notAfter: new Date(now + hour), serial: randomBytes(16) },
  });
  return { algorithm, key, certificate };
}
