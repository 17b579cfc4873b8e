/** The folder that an adapter command is about, and the schemas and keys with which its messages are checked. */

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckSchema, CheckTools, SealAndVerify } from '../adapter/check/message-text.ts';
import type { AdapterTools } from '../adapter/tools.ts';
import { GatewayError } from '../model/errors.ts';
import type { SignatureAlgorithm } from '../model/message.ts';
import { makeCertificate } from '../wire/signature/certificates.ts';
import type { Signer } from '../wire/signature/profile.ts';
import { checkUnsigned, seal } from '../wire/signature/seal.ts';
import { bodyOf } from '../wire/xml/parsed-body.ts';
import { verify } from '../wire/signature/verify.ts';
import { loadSchema } from '../wire/xsd/schema.ts';

/** The folder of an adapter; E_ADAPTER_UNKNOWN where there is none. */
export function folderOf(adapters: string, cc: string): string {
  const folder = join(adapters, cc.toLowerCase());
  if (/^[a-z][a-z0-9-]*$/u.test(cc.toLowerCase()) && existsSync(folder)) return folder;
  throw new GatewayError('E_ADAPTER_UNKNOWN', 'there is no such folder', {
    at: adapters,
    fix: 'Name a folder under adapters/.',
  });
}

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

/** Seals messages with a new key of each algorithm. Throws what checkUnsigned, seal and verify throw. */
function sealChecker(schemaAt: typeof loadSchema): SealAndVerify {
  const signerFor = keep(newSigner);
  return async (text, format, { kind, algorithm }) => {
    const signer = signerFor(algorithm);
    const [partner, now] = ['XX', new Date()];
    const at = now.toISOString();
    using draft = checkUnsigned([text], format, schemaAt(format.schema));
    const { bytes } = await seal(draft, signer, { id: 'check', partner, kind: 'list', at });
    const trust = { seals: [kind], algorithm, certificates: [signer.certificate] };
    using message = await verify({ partner, bytes, via: 'file', receivedAt: at }, trust, now);
    const body = bodyOf(message);
    if (body.format !== 'text' || format.lines === undefined) return Buffer.from(message.content).toString();
    const { ends } = format.lines;
    return body.lines(format.lines).join(ends) + ends;
  };
}

function keep<K, T>(make: (key: K) => T): (key: K) => T {
  const made = new Map<K, T>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}

function newSigner(algorithm: SignatureAlgorithm): Signer {
  const { publicKey, privateKey: key } =
    algorithm === 'rsa-sha256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = { country: 'XX', organization: 'check', commonName: 'check' };
  const [now, hour] = [Date.now(), 3_600_000];
  const certificate = makeCertificate({
    ...{ use: 'signing', subject, publicKey, issuer: { name: subject, privateKey: key, publicKey } },
    ...{ notBefore: new Date(now - hour), notAfter: new Date(now + hour), serial: randomBytes(16) },
  });
  return { algorithm, key, certificate };
}
