/** Seals messages: a draft is parsed and checked once, then signed as it stands. */

import { createHash, type KeyObject, type X509Certificate } from 'node:crypto';
import { GatewayError } from '../model/errors.ts';
import type { SealedMessage } from '../model/message.ts';
import { parseStrictJson } from './json.ts';
import { signJws } from './jws.ts';
import { parseXml, qualifiedName } from './libxml.ts';
import { checkTree, type Schema } from './schema.ts';
import { signXml } from './signed-xml.ts';
import { dropTree, keepTree, treeOf, type Tree } from './trees.ts';
import type { SignatureAlgorithm } from './trust.ts';
import { guardXml } from './xml-guard.ts';

/** A key of ours, and the certificate partners know it by. */
export interface Signer {
  readonly algorithm: SignatureAlgorithm;
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

export interface DraftFormat {
  readonly format: 'xml' | 'json';
  /** `{namespace}root` of XML, the `typ` of a JWS. */
  readonly type: string;
  readonly contentType: string;
}

/** A message that follows its schema and is not signed yet. Only checkDraft makes one. Dispose of it. */
export interface Draft extends Disposable {
  readonly format: DraftFormat;
  readonly bytes: Uint8Array;
}

/**
 * Parses a message of ours and holds it against the partner's schema and against the limits that our own gateway would apply.
 * Throws E_SCHEMA_INVALID with up to twenty faults, and what guardXml, parseXml and parseStrictJson throw.
 */
export function checkDraft(chunks: Iterable<string> | Uint8Array, format: DraftFormat, schema: Schema): Draft {
  const bytes = chunks instanceof Uint8Array ? chunks : joined(chunks);
  const tree: Tree =
    format.format === 'xml'
      ? { format: 'xml', document: parseXml(guardXml(bytes)) }
      : { format: 'json', value: parseStrictJson(bytes) };
  const draft: Draft = {
    format,
    bytes,
    [Symbol.dispose]() {
      dropTree(draft);
    },
  };
  keepTree(draft, tree);
  try {
    if (tree.format === 'xml' && qualifiedName(tree.document.root) !== format.type) {
      throw new GatewayError('E_SCHEMA_INVALID', `the root is not ${format.type}`, { at: '/*' });
    }
    checkTree(tree, schema);
  } catch (error) {
    dropTree(draft);
    throw error;
  }
  return draft;
}

/** Joined as bytes piece by piece, so that no text of the whole message's size is ever built. */
function joined(chunks: Iterable<string>): Uint8Array {
  const pieces: Buffer[] = [];
  for (const chunk of chunks) pieces.push(Buffer.from(chunk));
  return Buffer.concat(pieces);
}

/** The signed message and the digest of its bytes. E_SIGNATURE_REFERENCE when an XML root has no `Id`. */
export async function seal(
  draft: Draft,
  signer: Signer,
  meta: Pick<SealedMessage, 'id' | 'partner' | 'kind'>,
): Promise<SealedMessage> {
  const tree = treeOf(draft);
  const bytes =
    tree.format === 'xml'
      ? signXml(draft.bytes, tree.document, signer)
      : await signJws(draft.bytes, draft.format.type, signer);
  return {
    ...meta,
    contentType: draft.format.contentType,
    bytes,
    digest: createHash('sha256').update(bytes).digest('hex'),
  };
}
