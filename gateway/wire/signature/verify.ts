/** Verifies raw messages against the pinned certificates of a partner. The only place that creates a VerifiedMessage. */

import { GatewayError, isGatewayError } from '../../model/errors.ts';
import type { RawMessage, VerifiedMessage, SealKind } from '../../model/message.ts';
import { present } from '../../model/present.ts';
import { parseStrictJson } from '../files/json.ts';
import { dropBody, keepBody, textBody, type ParsedBody } from '../xml/parsed-body.ts';
import { xmlLimits } from '../xml/xml-guard.ts';
import { readSignedXml } from '../xml/xml-tree.ts';
import { fingerprint } from './certificates.ts';
import { readCms, verifyCms } from './cms.ts';
import { announcementType } from './key-announcement.ts';
import { readJws, verifiedPayload } from './jws.ts';
import { profileError } from './profile.ts';
import { receiptType } from './receipts.ts';
import { parseSignature } from './signature-profile.ts';
import { readSigned } from './signed-text.ts';
import { verifyXmlSignature } from './signed-xml.ts';
import { checkSigner, selectSigner, type SignerTrust } from './trust.ts';

/**
 * Checks form, signature, signer and certification path, the cheap checks first. The result holds what the signature covers
 * and nothing else; dispose of it. Lines of a text are read later, by their layout. `at` is the time of receipt. Throws the errors that docs/errors.md lists under
 * "Bytes and form" and "Signature and signer".
 */
export async function verify(raw: RawMessage, trust: SignerTrust, at: Date): Promise<VerifiedMessage> {
  try {
    return await verifySeal(raw, trust, at);
  } catch (error) {
    if (isGatewayError(error) && error.code !== 'E_INTERNAL') throw error;
    // Whatever a parser throws, the bytes are at fault: a stranger's message must not count as trouble of this gateway.
    throw new GatewayError('E_SIGNATURE_PROFILE', 'the message cannot be read', { cause: error });
  }
}

async function verifySeal(raw: RawMessage, trust: SignerTrust, at: Date): Promise<VerifiedMessage> {
  const kind = sealKindOf(raw.bytes, trust);
  // guardXml limits the size of XML.
  if (kind !== 'xml-signature' && raw.bytes.length > xmlLimits.bytes) {
    throw new GatewayError('E_SIZE_EXCEEDED', `more than ${xmlLimits.bytes} bytes`);
  }
  switch (kind) {
    case 'xml-signature':
      return verifyXml(raw.bytes, trust, at);
    case 'jws':
      return verifyJws(raw.bytes, trust, at);
    case 'cms-detached':
      return verifyText(raw.bytes, trust, at);
  }
}

/**
 * Detects the kind of seal. A signed text begins with a MIME header; from a partner that seals texts, everything but XML is read as
 * text. UTF-16 and leading white space are neither JWS nor text: the XML reader refuses them with the exact error.
 */
function sealKindOf(bytes: Uint8Array, { seals }: SignerTrust): SealKind {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 80)).toString('latin1');
  if (seals.includes('cms-detached')) return /^(?:\xef\xbb\xbf)?\s*</u.test(start) ? 'xml-signature' : 'cms-detached';
  if (/^(?:MIME-Version|Content-[A-Za-z-]+):/iu.test(start)) return 'cms-detached';
  return /^(?:\xef\xbb\xbf)?[A-Za-z0-9_{[-]/u.test(start) ? 'jws' : 'xml-signature';
}

async function verifyXml(bytes: Uint8Array, trust: SignerTrust, at: Date): Promise<VerifiedMessage> {
  const tree = readSignedXml(bytes);
  try {
    const { type } = tree;
    if (type !== receiptType && type !== announcementType) requireSeal(trust, 'xml-signature', 'XML signatures');
    const signature = parseSignature(tree, trust);
    const signer = selectSigner(trust, signature.names, at);
    await checkSigner(signer, trust, at);
    await verifyXmlSignature(tree, signature, trust, signer.publicKey);
    return verifiedMessage({ type, content: tree.content, signer: fingerprint(signer) }, tree);
  } catch (error) {
    tree.dispose();
    throw error;
  }
}

async function verifyJws(bytes: Uint8Array, trust: SignerTrust, at: Date): Promise<VerifiedMessage> {
  const jws = readJws(bytes, trust);
  requireSeal(trust, 'jws', 'JWS');
  const signer = selectSigner(trust, jws.names, at);
  await checkSigner(signer, trust, at);
  const content = await verifiedPayload(jws, signer.publicKey, trust.algorithm);
  const tree = { format: 'json', value: parseStrictJson(content, { canonicalNumbers: true }) } as const;
  return verifiedMessage({ ...present({ type: jws.type }), content: () => content, signer: fingerprint(signer) }, tree);
}

async function verifyText(bytes: Uint8Array, trust: SignerTrust, at: Date): Promise<VerifiedMessage> {
  const { text, firstLine, entity, signature, ...stated } = readSigned(bytes, trust);
  requireSeal(trust, 'cms-detached', 'CMS signatures');
  const cms = readCms(signature, trust);
  const signer = selectSigner(trust, cms.names, at);
  await checkSigner(signer, trust, at);
  await verifyCms(cms, entity, { algorithm: trust.algorithm, key: signer.publicKey });
  return verifiedMessage({ ...stated, content: () => text, signer: fingerprint(signer) }, textBody(text, firstLine));
}

function requireSeal({ seals }: SignerTrust, kind: SealKind, name: string): void {
  if (!seals.includes(kind)) throw profileError(`${name} were not agreed with this partner`);
}

type MessageParts = Pick<VerifiedMessage, 'type' | 'signer'> & { readonly content: () => Uint8Array };

function verifiedMessage({ content, ...parts }: MessageParts, tree: ParsedBody): VerifiedMessage {
  const message = {
    ...parts,
    format: tree.format,
    get content() {
      return content();
    },
    [Symbol.dispose]() {
      dropBody(message);
    },
  };
  keepBody(message, tree);
  // The brand of a verified message exists in types only, so that no other code can create one without a cast.
  return message as unknown as VerifiedMessage;
}
