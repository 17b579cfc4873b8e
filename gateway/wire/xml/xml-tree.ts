/** An XML document that is checked, signed or verified: from its bytes if they are canonical, otherwise with libxml2. */

import { createHash } from 'node:crypto';
import { isGatewayError } from '../../model/errors.ts';
import {
  canonicalDigest,
  canonicalPieces,
  readCanonical,
  rootAttribute,
  rootName,
  signatureAlone,
  tokensOfCanonical,
} from './canonical-xml.ts';
import type { CanonicalXml } from '../../model/canonical-tokens.ts';
import { closeTokens } from './token-writer.ts';
import { attributesOf, canonicalBytes, exclusiveForm, lastElement, parseXml, qualifiedName } from './libxml.ts';
import type { CanonicalForm, XmlDocument } from './libxml.ts';
import { guardXml } from './xml-guard.ts';

/** Holds memory outside the JavaScript heap: dispose of it. */
export interface XmlTree {
  readonly format: 'xml';
  /** `{namespace}name` of the root. */
  readonly type: string;
  /** Undefined when the bytes are not in canonical form. Without a signature. */
  readonly canonical: CanonicalXml | undefined;
  /** The tokens of the canonical form, which libxml2 makes if necessary. */
  tokens(): CanonicalXml;
  /** The document with its signature; a canonical document is reduced to root and signature. */
  signed(): XmlDocument;
  /** The document of libxml2; without the signature once that was removed from `signed`. */
  document(): XmlDocument;
  /** The exclusive canonical form at the first call. Throws E_XML_FORBIDDEN when there is none. */
  content(): Uint8Array;
  /** The hash of a canonical form. Throws as `content`. */
  digest(hash: string, form: CanonicalForm): Buffer;
  /** The root's attribute `Id`. */
  rootId(): string | undefined;
  dispose(): void;
}

/**
 * Reads a document to be sealed, or one without a signature. Its bytes must not change while it is in use. Throws the errors of
 * guardXml and parseXml; no document that they refuse counts as canonical.
 */
export function readXmlTree(bytes: Uint8Array): XmlTree {
  const canonical = readCanonical(bytes);
  return canonical === undefined || canonical.signature !== undefined ? parsedTree(bytes) : canonicalTree(canonical);
}

/** The tokens of an unsigned document, for authors' tools. Throws the errors of readXmlTree. */
export function readDocument(bytes: Uint8Array): CanonicalXml {
  const canonical = readCanonical(bytes);
  if (canonical !== undefined && canonical.signature === undefined) return canonical;
  const document = parseXml(guardXml(bytes));
  try {
    return tokensOfCanonical(canonicalBytes(document));
  } finally {
    document.dispose();
  }
}

export function readSignedXml(bytes: Uint8Array): XmlTree {
  const canonical = readCanonical(bytes);
  if (canonical?.signature === undefined) return parsedTree(bytes);
  const alone = parsedAlone(canonical);
  return alone === undefined ? parsedTree(bytes) : canonicalTree(canonical, alone);
}

/** Root and signature of a canonical document; undefined when the signature is not well-formed. */
function parsedAlone(canonical: CanonicalXml): XmlDocument | undefined {
  try {
    return parseXml(guardXml(signatureAlone(canonical)));
  } catch (error) {
    if (isGatewayError(error)) return undefined;
    throw error;
  }
}

function parsedTree(bytes: Uint8Array): XmlTree {
  const document = parseXml(guardXml(bytes));
  let kept: Uint8Array | undefined;
  const content = (): Uint8Array => (kept ??= canonicalBytes(document));
  return {
    format: 'xml',
    type: qualifiedName(document.root),
    canonical: undefined,
    tokens: () => tokensOfCanonical(content()),
    signed: () => document,
    document: () => document,
    content,
    digest: (hash, form) =>
      createHash(hash)
        .update(form === exclusiveForm ? content() : canonicalBytes(document, form))
        .digest(),
    rootId: () => attributesOf(document.root).get('Id'),
    dispose: () => document.dispose(),
  };
}

function canonicalTree(canonical: CanonicalXml, alone?: XmlDocument): XmlTree {
  const parsed = alone === undefined ? [] : [alone];
  let whole: XmlDocument | undefined;
  const document = (): XmlDocument => {
    if (whole !== undefined) return whole;
    whole = parseXml(canonical.bytes);
    parsed.push(whole);
    if (canonical.signature !== undefined) lastElement(whole.root)?.remove();
    return whole;
  };
  let small = alone;
  const signed = (): XmlDocument => {
    if (small !== undefined) return small;
    small = parseXml(signatureAlone(canonical));
    parsed.push(small);
    return small;
  };
  return {
    format: 'xml',
    type: rootName(canonical),
    canonical,
    tokens: () => canonical,
    signed,
    document,
    content: () => Buffer.concat(canonicalPieces(canonical)),
    // Every declaration in it is used where it stands and not redundant, so that all canonical forms of it are the same.
    digest: (hash) => canonicalDigest(canonical, hash),
    rootId: () => rootAttribute(canonical, 'Id'),
    dispose() {
      closeTokens(canonical.tokens);
      for (const each of parsed.splice(0)) each.dispose();
    },
  };
}
