/** Turns raw bytes into a verified message, or says why not. The only maker of verified messages. */

import { GatewayError } from '../../model/errors.ts';
import type { RawMessage, VerifiedMessage } from '../../model/message.ts';
import { fingerprint } from './certificates.ts';
import { readCms, verifyCms } from './cms.ts';
import { readJws, thumbprint, verifiedPayload } from './jws.ts';
import { parseStrictJson } from '../files/json.ts';
import { receiptType } from './receipts.ts';
import { readSignature } from './signature-profile.ts';
import { readSigned } from './signed-text.ts';
import { verifyXmlSignature } from './signed-xml.ts';
import { readLines } from '../files/text-lines.ts';
import { dropTree, keepTree, type Tree } from '../xml/parsed-body.ts';
import { judgeSigner, selectSigner, type SignerTrust } from './trust.ts';
import { xmlLimits } from '../xml/xml-guard.ts';
import { readSignedXml } from '../xml/xml-tree.ts';

/**
 * Checks form, signature, signer and path, cheap checks first, and gives what the signature covers and nothing else.
 * `at` is the time of receipt. Throws one GatewayError per kind of refusal (see the table of errors, "Bytes and form" and
 * "Signature and signer"). Dispose of the result.
 */
export async function verify(raw: RawMessage, trust: SignerTrust, at: Date): Promise<VerifiedMessage> {
  const [first, second, third, fourth] = raw.bytes;
  const afterMark = first === 0xef && second === 0xbb && third === 0xbf ? fourth : first;
  if (isSignedText(raw.bytes, trust)) return verifyText(raw, trust, at);
  // UTF-16 and leading white space are no JWS either; as XML they get the exact refusal.
  const isJws = afterMark !== undefined && /[A-Za-z0-9_{[-]/u.test(String.fromCharCode(afterMark));
  return isJws ? verifyJws(raw, trust, at) : verifyXml(raw, trust, at);
}

async function verifyXml(raw: RawMessage, trust: SignerTrust, at: Date): Promise<VerifiedMessage> {
  const tree = readSignedXml(raw.bytes);
  try {
    const { type } = tree;
    if (!trust.seals.includes('xml-signature') && type !== receiptType) throw otherSeal('XML signatures');
    const stated = readSignature(tree.signed(), trust.algorithm);
    const named = stated.certificate;
    const signer = selectSigner(trust, named && ((certificate) => certificate.raw.equals(named)));
    await judgeSigner(signer, trust, at);
    verifyXmlSignature(tree, stated, signer.publicKey);
    return verified({ format: 'xml', type, content: tree.content, signer: fingerprint(signer) }, tree);
  } catch (error) {
    tree.dispose();
    throw error;
  }
}

async function verifyJws(raw: RawMessage, trust: SignerTrust, at: Date): Promise<VerifiedMessage> {
  if (raw.bytes.length > xmlLimits.bytes) {
    throw new GatewayError('E_SIZE_EXCEEDED', `more than ${xmlLimits.bytes} bytes`);
  }
  const stated = readJws(raw.bytes, trust.algorithm);
  if (!trust.seals.includes('jws')) throw otherSeal('JWS');
  const named = stated.thumbprint;
  const signer = selectSigner(
    trust,
    named === undefined ? undefined : (certificate) => thumbprint(certificate) === named,
  );
  await judgeSigner(signer, trust, at);
  const content = await verifiedPayload(stated, signer.publicKey, trust.algorithm);
  const value = parseStrictJson(content);
  const parts = { format: 'json', type: stated.type, content: () => content, signer: fingerprint(signer) } as const;
  return verified(parts, { format: 'json', value });
}

/** A text says by its header that it is signed. Of a partner that seals texts, whatever is not XML is one, signed or not. */
function isSignedText(bytes: Uint8Array, trust: SignerTrust): boolean {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 80)).toString('latin1');
  if (trust.seals.includes('cms-detached')) return !/^(?:\xef\xbb\xbf)?\s*</u.test(start);
  return /^(?:MIME-Version|Content-[A-Za-z-]+):/iu.test(start);
}

async function verifyText(raw: RawMessage, trust: SignerTrust, at: Date): Promise<VerifiedMessage> {
  if (raw.bytes.length > xmlLimits.bytes) {
    throw new GatewayError('E_SIZE_EXCEEDED', `more than ${xmlLimits.bytes} bytes`);
  }
  const { type, text, entity, signature } = readSigned(raw.bytes);
  if (!trust.seals.includes('cms-detached')) throw otherSeal('CMS signatures');
  const stated = readCms(signature, trust.algorithm);
  const signer = selectSigner(trust, (certificate) => certificate.raw.equals(stated.certificate));
  await judgeSigner(signer, trust, at);
  verifyCms(stated, entity, signer.publicKey);
  const lines = readLines(text);
  return verified(
    { format: 'text', type, content: () => text, signer: fingerprint(signer) },
    { format: 'text', lines },
  );
}

type Parts = Pick<VerifiedMessage, 'format' | 'type' | 'signer'> & { readonly content: () => Uint8Array };

function verified({ content, ...parts }: Parts, tree: Tree): VerifiedMessage {
  const message = {
    ...parts,
    get content() {
      return content();
    },
    [Symbol.dispose]() {
      dropTree(message);
    },
  };
  keepTree(message, tree);
  // The mark of a verified message exists in types only, so that no other code can make one without a cast.
  return message as unknown as VerifiedMessage;
}

function otherSeal(kind: string): GatewayError {
  return new GatewayError('E_SIGNATURE_PROFILE', `${kind} were not agreed with this partner`);
}
