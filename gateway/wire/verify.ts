/** Turns raw bytes into a verified message, or says why not. The only maker of verified messages. */

import { GatewayError } from '../model/errors.ts';
import type { RawMessage, VerifiedMessage } from '../model/message.ts';
import { fingerprint } from './certificates.ts';
import { readJws, thumbprint, verifiedPayload } from './jws.ts';
import { parseStrictJson } from './json.ts';
import { parseXml, qualifiedName } from './libxml.ts';
import { receiptType } from './receipts.ts';
import { readSignature } from './signature-profile.ts';
import { verifiedBytes } from './signed-xml.ts';
import { dropTree, keepTree, type Tree } from './trees.ts';
import { judgeSigner, selectSigner, type SignerTrust } from './trust.ts';
import { guardXml, xmlLimits } from './xml-guard.ts';

/**
 * Checks form, signature, signer and path, cheap checks first, and gives what the signature covers and nothing else.
 * `at` is the time of receipt. Throws one GatewayError per kind of refusal (see the table of errors, "Bytes and form" and
 * "Signature and signer"). Dispose of the result.
 */
export async function verify(raw: RawMessage, trust: SignerTrust, at: Date): Promise<VerifiedMessage> {
  const [first, second, third, fourth] = raw.bytes;
  const afterMark = first === 0xef && second === 0xbb && third === 0xbf ? fourth : first;
  // UTF-16 and leading white space are no JWS either; as XML they get the exact refusal.
  const isJws = afterMark !== undefined && /[A-Za-z0-9_{[-]/u.test(String.fromCharCode(afterMark));
  return isJws ? verifyJws(raw, trust, at) : verifyXml(raw, trust, at);
}

async function verifyXml(raw: RawMessage, trust: SignerTrust, at: Date): Promise<VerifiedMessage> {
  const document = parseXml(guardXml(raw.bytes));
  try {
    const type = qualifiedName(document.root);
    if (!trust.seals.includes('xml-signature') && type !== receiptType) throw otherSeal('XML signatures');
    const stated = readSignature(document, trust.algorithm);
    const named = stated.certificate;
    const signer = selectSigner(trust, named && ((certificate) => certificate.raw.equals(named)));
    await judgeSigner(signer, trust, at);
    const content = verifiedBytes(document, stated, signer.publicKey);
    return verified({ format: 'xml', type, content, signer: fingerprint(signer) }, { format: 'xml', document });
  } catch (error) {
    document.dispose();
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
  const parts = { format: 'json', type: stated.type, content, signer: fingerprint(signer) } as const;
  return verified(parts, { format: 'json', value });
}

function verified(parts: Pick<VerifiedMessage, 'format' | 'type' | 'content' | 'signer'>, tree: Tree): VerifiedMessage {
  const message = {
    ...parts,
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
