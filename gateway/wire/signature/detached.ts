/** Signatures that travel beside their message, in a header field or a file. Kept are both in one: they are split when sent, and joined when they come. */

import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError, isMessageFault } from '../../model/errors.ts';
import { isUnsigned, type SealTerms, type SignatureTerms } from '../../model/message.ts';
import { isBeside } from '../../model/signature-form.ts';
import { opaqueContent, putContent, takeContent } from './cms.ts';
import { requireProfile, strictBase64 } from './profile.ts';

/** The header of the signature, as it was agreed: a broker tells upper case from lower. Undefined where the signature is in the message. */
export function signatureNameOf(seal: SealTerms): string | undefined {
  return !isUnsigned(seal) && isBeside(seal) ? seal.signatureHeader : undefined;
}

/** The header field of the signature, lower case; undefined where it is in the message. */
export function signatureHeaderOf(seal: SealTerms): string | undefined {
  return signatureNameOf(seal)?.toLowerCase();
}

/** How the signature is taken out of a message; undefined where it is in it. `contentType`: of what is left. */
export function detacher(
  seal: SealTerms,
  contentType: string,
): ((sealed: Uint8Array) => { readonly body: Buffer; readonly headers: Readonly<Record<string, string>> }) | undefined {
  const header = signatureHeaderOf(seal);
  if (isUnsigned(seal) || header === undefined) return undefined;
  return (sealed) => {
    const { body, signature } = splitSeal(seal, sealed);
    return { body, headers: { 'content-type': contentType, [header]: signature } };
  };
}

/** A sealed message as body and signature. */
function splitSeal(seal: SignatureTerms, sealed: Uint8Array): { readonly body: Buffer; readonly signature: string } {
  if (seal.kind === 'cms-detached')
    return { body: opaqueContent(sealed), signature: takeContent(sealed).toString('base64') };
  const [header = '', payload = '', value = ''] = Buffer.from(sealed).toString('latin1').split('.');
  return { body: Buffer.from(payload, 'base64url'), signature: `${header}..${value}` };
}

/** A message as it came: body and header field in one where that was agreed. Receipts are XML, which has its signature in it. */
export function joinedMessage(seal: SealTerms, body: Buffer, headers: IncomingHttpHeaders): Buffer {
  const name = signatureHeaderOf(seal);
  const isXml = /^(?:\xef\xbb\xbf)?\s*</u.test(body.toString('latin1', 0, 80));
  if (isUnsigned(seal) || name === undefined || isXml) return body;
  const signature = headers[name];
  return joinSeal(seal, body, typeof signature === 'string' ? signature : undefined);
}

/**
 * The same for what is fetched and for files, where a message without its signature is one that is refused when it is verified. `signature`:
 * the header field as text, or the file.
 */
export function joinedWhereSigned(seal: SealTerms, body: Uint8Array, signature: unknown): Uint8Array {
  if (isUnsigned(seal) || !isBeside(seal)) return body;
  const isFile = signature instanceof Uint8Array;
  const encoding = seal.kind === 'cms-detached' ? 'base64' : 'latin1';
  const text = isFile ? Buffer.from(signature).toString(encoding).trimEnd() : signature;
  try {
    return joinSeal(seal, Buffer.from(body), typeof text === 'string' ? text : undefined);
  } catch (error) {
    if (isMessageFault(error)) return body;
    throw error;
  }
}

/** A sealed message as body and file of its signature: DER, or the detached JWS. */
export function splitForFile(
  seal: SealTerms,
  sealed: Uint8Array,
): { readonly body: Buffer; readonly signature: Buffer } {
  if (isUnsigned(seal)) throw new RangeError('a message without signature has none beside it');
  const { body, signature } = splitSeal(seal, sealed);
  return { body, signature: Buffer.from(signature, seal.kind === 'cms-detached' ? 'base64' : 'latin1') };
}

/**
 * Body and header field as one message. Throws E_SIGNATURE_MISSING without the field, E_SIGNATURE_PROFILE where it holds no detached
 * signature; whether it holds is seen when the message is verified.
 */
function joinSeal(seal: SignatureTerms, body: Buffer, signature: string | undefined): Buffer {
  const at = signatureHeaderOf(seal);
  if (signature === undefined) {
    const fix = 'Send the signature in the header field or file that was agreed.';
    throw new GatewayError('E_SIGNATURE_MISSING', 'there is no signature beside the message', { at, fix });
  }
  if (seal.kind === 'cms-detached') {
    const bytes = strictBase64(signature);
    requireProfile(bytes !== undefined, 'the signature beside the message is not strict base64');
    return putContent(bytes, body);
  }
  const [header = '', payload, value = '', ...more] = signature.split('.');
  requireProfile(payload === '' && more.length === 0, 'the signature beside the message is not a detached JWS');
  return Buffer.from(`${header}.${body.toString('base64url')}.${value}`, 'latin1');
}
