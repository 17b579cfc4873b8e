/** Signed texts for trials: right ones, and ones with a single thing wrong. */

import { execFileSync } from 'node:child_process';
import { sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { draftCms } from '../../gateway/wire/signature/cms.ts';
import {
  der,
  derOf,
  derOid,
  derSet,
  readDer,
  tags,
  within,
  type Der,
  type Tag,
} from '../../gateway/wire/signature/der.ts';
import { signatureInput, type Signer } from '../../gateway/wire/signature/profile.ts';
import { joinSigned, textEntity } from '../../gateway/wire/signature/signed-text.ts';
import { temporaryFolder, testNow } from './pki.ts';

export const textFormat = {
  format: 'text',
  lines: { ends: '\r\n' },
  type: 'text/csv; charset=utf-8; layout=list-1',
  contentType: 'text/csv',
} as const;
export const listText = 'H;list\r\nR;AEOXB1;Müller 深圳\r\nT;1\r\n';
export const signedAt = testNow.toISOString();

/** The text with its header: what a signature covers. */
export const entity = textEntity(textFormat.type, Buffer.from(listText));

/** As signCms of the program, at once. */
export function signCms(content: Uint8Array, signer: Signer, at?: string): Buffer {
  const { octets, complete } = draftCms(content, signer, at);
  const [hash, key] = signatureInput(signer.algorithm, signer.key, 'der');
  return complete(sign(hash, octets, key));
}

export function signedText(signer: Signer, of = entity): Buffer {
  return joinSigned(of, signCms(of, signer, signedAt)).bytes;
}

/** A signed text with something replaced, and not signed again. */
export function edited(signer: Signer, from: string | RegExp, to: string | ((found: string) => string)): Buffer {
  const before = signedText(signer).toString('latin1');
  const after = typeof to === 'string' ? before.replace(from, to) : before.replace(from, to);
  if (after === before) throw new Error('nothing was replaced');
  return Buffer.from(after, 'latin1');
}

/** openssl as the signer; the options of the agreed profile are -nosmimecap and -cades. */
export function signedByOpenssl(signers: readonly Signer[], options: readonly string[], of = entity): Buffer {
  const folder = temporaryFolder();
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(path.join(folder, name), content);
    return path.join(folder, name);
  };
  const names = signers.flatMap(({ key, certificate }, i) => {
    const keyFile = file(`signer-${i}.key`, key.export({ type: 'pkcs8', format: 'pem' }));
    return ['-signer', file(`signer-${i}.pem`, certificate.toString()), '-inkey', keyFile];
  });
  const fixed = ['cms', '-sign', '-binary', '-md', 'sha256', '-outform', 'DER', '-in', file('entity.eml', of)];
  return joinSigned(of, execFileSync('openssl', [...fixed, ...names, ...options], { stdio: 'pipe' })).bytes;
}

export interface CmsParts {
  readonly data: Der[];
  readonly signer: Der[];
  readonly attributes: Der[];
}

const listOf = (element: Der | undefined, tag: Tag): Der[] => [...(within(element, tag) ?? [])];

/** A signature taken apart and put together again with one element changed; signed again, so that only the profile refuses it. */
export function rebuilt(key: Signer, change: (parts: CmsParts) => void, type = '1.2.840.113549.1.7.2'): Buffer {
  const info = listOf(readDer(signCms(entity, key, signedAt)), tags.sequence);
  const data = listOf(within(info[1], tags.context0)?.[0], tags.sequence);
  const signer = listOf(within(data[4], tags.set)?.[0], tags.sequence);
  const attributes = listOf(signer[3], tags.context0);
  change({ data, signer, attributes });
  signer[3] = der(tags.context0, attributes);
  signer[5] = der(tags.octets, sign('sha256', derOf(der(tags.set, attributes)), key.key));
  data[data.length - 1] = der(tags.set, [der(tags.sequence, signer)]);
  const whole = der(tags.sequence, [derOid(type), der(tags.context0, [der(tags.sequence, data)])]);
  return joinSigned(entity, derOf(whole)).bytes;
}

/** As rebuilt, with other values of the attribute whose name ends so (RFC 2985: 3 content type, 4 digest, 5 time). */
export function withAttribute(key: Signer, ending: string, ...values: readonly Der[]): Buffer {
  return rebuilt(key, ({ attributes }) => {
    const type = derOid(`1.2.840.113549.1.9.${ending}`);
    const others = attributes.filter((one) => !derOf(within(one, tags.sequence)?.[0] ?? one).equals(derOf(type)));
    const added = values.length === 0 ? [] : [der(tags.sequence, [type, derSet(values)])];
    attributes.splice(0, attributes.length, ...(within(derSet([...others, ...added]), tags.set) ?? []));
  });
}

/** A signature whose outermost length is written in another way. */
export function withLength(
  key: Signer,
  header: (length: number) => readonly number[],
  tail: readonly number[] = [],
): Buffer {
  const content = signCms(entity, key, signedAt).subarray(4); // after 30 82 and two bytes
  const signature = Buffer.concat([Buffer.from(header(content.length)), content, Buffer.from(tail)]);
  return joinSigned(entity, signature).bytes;
}
